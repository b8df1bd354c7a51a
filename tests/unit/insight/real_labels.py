"""Ingredient lists and statements as they stand on real labels, and what a person reads there."""

from __future__ import annotations

from typing import NamedTuple

LISTS = """
Lamb, Rice, Corn Gluten Meal, Whole Grain Corn, Oat Meal, Soybean Meal, Poultry By-Product Meal, Beef Fat, Soy
Protein Concentrate, Whole Grain Wheat, Fish Meal, Animal Liver Flavor, Calcium Carbonate, Salt, Potassium Chloride,
Caramel Color
= beef corn fish lamb rice soy wheat
? poultry by-product meal/animal liver flavor

Beef Meal, Grain Sorghum, Whole Grain Millet, Chicken Fat, Chicken Meal, Pork Meal, Fish Meal, Blood Meal, Dried
Yeast, Flaxseed, Dried Tomato Pomace, Natural Flavor, Potassium Chloride, Salt
= beef chicken fish pork
? blood meal/natural flavor

Chicken, Whole Grain Wheat, Cracked Pearled Barley, Chicken Meal, Whole Grain Corn, Chicken Fat, Soybean Meal, Dried
Beet Pulp, Fish Oil, Lactic Acid, Pork Liver Flavor, Flaxseed, Iodized Salt
= chicken corn fish soy wheat
? pork liver flavor

Lamb, Lamb Meal, Lentils, Chickpeas, Peas, Dried Egg Product, Pea Flour, Dried Tomato Pomace, Pork Fat (preserved
with mixed tocopherols), Pork Liver, Lamb Liver, Salmon Oil (preserved with mixed tocopherols), Cheese, Flaxseed,
Carrots, Natural Flavor, Vitamins [Choline Chloride, Vitamin E Supplement], Dried Lactobacillus casei Fermentation
Product.
= dairy egg fish lamb pork
? natural flavor

SALMON, SALMON MEAL, DRIED PEAS, POTATOES, SWEET POTATOES, POULTRY FAT (PRESERVED WITH MIXED TOCOPHEROLS), PEA
STARCH, FISH MEAL, DRIED YEAST, DRIED PLAIN BEET PULP, NATURAL FLAVOR, FLAXSEED, LACTIC ACID
= fish
? poultry fat/natural flavor

Venison Meal, Dried Potatoes, Chicken Fat (Preserved with Mixed Tocopherols), Natural Flavors, Dried Egg, Dried
Kelp, Dehydrated Alfalfa Meal, Dried Carrots
= chicken egg
? natural flavors

Ingredients: Fresh chicken meat (16%), chicken meal (15%), turkey meal (14%), red lentils, whole green peas, fresh
chicken giblets (liver, heart, kidney) (6%), herring meal (4%), fresh whole eggs (4%), pea fibre
= chicken egg fish
?

Chicken Breast 28%, Chicken Broth 28%, Ham 15%, Pumpkin 8%, Carrot 8%, Green pea 8%, Rice 5%. / Additives: None
= chicken pork rice
?

Meat and animal derivatives (including 4% chicken), cereals, minerals
= chicken
? meat and animal derivatives/cereals

Cereals (including 9% wheat), Meat and animal derivatives (including 9% beef), Vegetables (4%), Oils and fats, Fish
and fish derivatives, Yeasts
= beef fish wheat
? cereals/meat and animal derivatives/oils and fats/fish and fish derivatives

Poultry and poultry by product, Corn, Wheat, Barley, Chicken oil, Maize Gluten, Flavor, Beet Pulp, Minerals
= chicken corn wheat
? poultry and poultry by product/flavor

Zusammensetzung: Rind, Brühe, Pastinake, Mineralstoffe, Algenöl, Hefe, Eierschalen
= beef egg
? brühe

Zusammensetzung: Fleisch und tierische Nebenerzeugnisse (60% Huhn), Reis, Mineralstoffe
= chicken rice
? fleisch und tierische nebenerzeugnisse

Hühnerfleisch mit Haferflocken, Karotten und Beeren, Leinöl
= chicken
?
"""
"""As printed by makers and retailers; of the vitamins and minerals at the end only the first. `/` is a line break.
Below each what it contains, and, parted by `/`, of what nobody can tell."""

STATEMENTS = """
Open Farm RawMix Wild Ocean Recipe Dog Food is formulated to meet the nutritional levels established by the AAFCO
Dog Food Nutrient Profiles for All Life Stages except for growth of large size dogs (70 lb. or more as an adult).
= species: dog | life_stages: growth, maintenance, reproduction | large_growth: no | complete: yes

Complete and balanced. ACANA Highest Protein Grasslands Cat Food is formulated to meet the nutritional levels
established by the AAFCO Cat Food Nutrient Profiles for All Life Stages.
= species: cat | life_stages: growth, maintenance, reproduction | complete: yes

Hungry Bark is formulated to meet the nutritional levels established by the AAFCO (Association of American Feed
Control Officials) Dog Food Nutrient Profiles for All Life Stages.
= species: dog | life_stages: growth, maintenance, reproduction | complete: yes

AAFCO Nutritional Adequacy Statement: Outlaw Gold Formula is formulated to meet the nutritional levels established
by the AAFCO Dog Food Nutrient Profiles for maintenance of adult dogs. No corn. No wheat. No soy.
= species: dog | life_stages: maintenance | complete: yes

Animal feeding tests using AAFCO procedures substantiate that Bloggo provides complete and balanced nutrition for
maintenance of adult dogs.
= species: dog | life_stages: maintenance | complete: yes

Bloggo is formulated to meet the nutritional levels established by the AAFCO Dog Food Nutrient Profiles for growth
and reproduction, including growth of large size dogs (70 lbs or more as an adult)
= species: dog | life_stages: growth, reproduction | large_growth: yes | complete: yes

Intended for intermittent or supplemental feeding only; feed daily along with a complete and balanced diet.
= complete: no

Use only as directed by your veterinarian; intended for intermittent or supplemental feeding.
= complete: no

100% Natural, Applaws is a complementary pet food for adult dogs, feed alongside a complete wet or dry dog food
including Applaws complete dry dog food, for a balanced diet.
= species: dog | complete: no

Complete dry food for adult cats. No artificial colours.
= species: cat | life_stages: maintenance | complete: yes

Alleinfuttermittel für adulte Katzen
= species: cat | life_stages: maintenance | complete: yes

Alleinfuttermittel für Zwergkaninchen und Meerschweinchen
= species: rabbit, small_mammal | complete: yes

Glutenfreies Alleinfuttermittel für heranwachsende Hunde. Mit 68% Kalb und wertvollem Leinöl.
= species: dog | life_stages: growth | complete: yes

Alleinfuttermittel für Katzenwelpen von der 4. Woche bis zum 4. Monat.
= species: cat | life_stages: growth | complete: yes

Ergänzungsfuttermittel für Pferde
= species: horse | complete: no

Belly Buddy ist ein Alleinfuttermittel für adulte Hunde.
= species: dog | life_stages: maintenance | complete: yes
"""
"""Of adequacy, as printed; below each what it says."""


class Read(NamedTuple):
    """A list, and what a person reads in it."""

    text: str
    contains: tuple[str, ...]
    unclear: tuple[str, ...]


def lists() -> list[Read]:
    """All of them."""
    found = []
    for block in LISTS.strip().split("\n\n"):
        text, _, said = block.partition("\n= ")
        contains, _, unclear = said.partition("\n?")
        found.append(Read(
            " ".join(text.split()).replace(" / ", "\n"), tuple(contains.split()),
            tuple(one.strip() for one in unclear.split("/") if one.strip()),
        ))  # fmt: skip
    return found


def statements() -> list[tuple[str, dict[str, str]]]:
    """All of them, each with what it says by field."""
    found = []
    for block in STATEMENTS.strip().split("\n\n"):
        text, _, said = block.partition("\n= ")
        fields = dict(one.split(": ") for one in said.split(" | "))
        found.append((" ".join(text.split()), fields))
    return found
