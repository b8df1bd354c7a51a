"""The words of ingredient lists, English and German: aliases of what pets react to, and words that leave it open.

By pets' reactions after Mueller 2016. That `poultry`, `meat meal`, `animal fat` and `natural flavor` leave open what
they are of is the rule of labelling (AAFCO's definitions; EU's categories such as "meat and animal derivatives").
"""

from __future__ import annotations

import re
from typing import Final

from pawline.model import Allergen


def _words(*some: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(some)})\b", re.IGNORECASE)


CONTAINS: Final = {
    Allergen.BEEF: _words("beef", "bovine", "veal", "tallow", "cattle", r"rind(?:er|s|fleisch)?\w*", r"kalb\w*"),
    Allergen.CHICKEN: _words("chickens?", "hens?", "capon", r"h(?:ü|ue)hn(?:er|chen)\w*", "huhn", r"hähnchen\w*"),
    Allergen.CORN: _words("corn", "maize", "corn ?starch", "corn ?meal", r"mais\w*", "hominy"),
    Allergen.DAIRY: _words(
        "milk", "whey", "cheeses?", "cheddar", "yogh?urt", "caseinate", "casein", "lactose", "butter", "buttermilk",
        "cream", "kefir", "dairy", r"milch(?!säure)\w*", r"molken?\w*", r"käse\w*", "joghurt", "quark",
    ),
    Allergen.EGG: _words("eggs?", "egg ?shells?", "albumen", "ei", r"eier\w*", "eipulver", "vollei(?:pulver)?"),
    Allergen.FISH: _words(
        "fish", "fish ?meal", "whitefish", "salmon", "tuna", "herrings?", "cod", "trout", "sardines?",
        "anchov(?:y|ies)",
        "mackerel", "menhaden", "pollock", "haddock", "halibut", "flounder", "tilapia", "catfish", "perch", "hake",
        "capelin", "carp", "pilchards?", "plaice", "swordfish", "rockfish", "bonito", "redfish", r"\w*fisch(?!frei)\w*",
        r"lachs\w*", r"hering\w*", r"forellen?\w*", r"sardinen?", "dorsch", "kabeljau", "makrele",
    ),
    Allergen.LAMB: _words("lamb", "mutton", "sheep", "ovine", r"lamm\w*", r"schaf\w*"),
    Allergen.PORK: _words("pork", "pigs?", "swine", "porcine", "ham", "bacon", "lard", r"schwein\w*", "schinken",
        "speck"),
    Allergen.RICE: _words("rice", "brewers ?rice", r"reis\w*"),
    Allergen.SOY: _words("soy", "soya", "soy ?beans?", "soya ?beans?", r"soja\w*", "tofu", "edamame"),
    Allergen.WHEAT: _words(
        "wheat", "spelt", "durum", "semolina", "seitan", "couscous", "bulgh?ur", "farro", "kamut", r"weizen\w*",
        r"dinkel\w*", r"hartweizen\w*",
    ),
}  # fmt: skip
"""Whatever of an animal or a plant an ingredient is: fat, oil and broth count as well as meat."""
OTHER_THINGS: Final = _words(
    "milk thistle", "(?:coconut|oat|almond|rice|goat.?s rue) milk", "(?:peanut|cocoa|shea|almond|nut) butter",
    "cream of tartar", "guinea pigs?", "lamb.?s (?:lettuce|quarters?|ear)", "chicken of the woods", "buck wheat",
    "cauliflower rice", "konjac rice", "fish ?wort", "butter ?nut(?: squash)?", "wheat ?grass", "egg ?plant",
    "corn ?flower",
    "corn salad", "corn silk", "chick ?weed", "hen of the woods", "cod ?piece", "beef ?steak tomato(?:es)?",
    "horse ?radish",
    "mariendistel", r"milchs(?:ä|ae)ure\w*", "buchweizen", "mais?feld",
)  # fmt: skip
"""What has one of these words in it, and is something else."""
CANNOT_TELL: Final = _words(
    "poultry", r"geflügel\w*", "meat (?:and animal derivatives|by-?products?)",
    "animal (?:fats?|proteins?|digest|by-?products?|derivatives|liver|plasma|meal|gelatine?)",
    "fish and fish derivatives",
    r"tierische\w* (?:fette?s?|nebenerzeugnisse|proteine?|erzeugnisse)",
    "vegetable (?:oils?|proteins?|protein extracts?|by-?products?|fats?)", "derivatives of vegetable origin",
    r"pflanzliche\w* (?:öle?|fette?|nebenerzeugnisse|eiwei(?:ß|ss)\w*)", "textured (?:vegetable )?protein",
    "oils? and fats?", "öle und fette", "fette", "nebenerzeugnisse",
)  # fmt: skip
"""What an ingredient is of is open, whatever else it names."""
OF_WHAT: Final = _words(
    "cereals?", "grains?", "getreide", "gluten", "lecithin", "starch", "lezithin", "stärke", "meats?", "meat ?meal",
    "liver", "livers", "hearts?", "kidneys?",
    "tripe", "lungs?", "spleen", "gizzards?", "offal",
    "broth", "bone broth", "stock", "bouillon", "bones?", "bone ?meal", "blood ?meal", "blood", "plasma", "gelatine?",
    "collagen", "cartilage", "digest", "by-?products?", "fat", "derivatives", "rawhide", "hide", "skin", "trachea",
    "hydroly[sz]ed proteins?", "flour", "bread", "bread ?crumbs?", "pasta", "fleisch", "leber", "herz", "lunge",
    "pansen",
    "brühe", "fleischbrühe", "knochen", "knochenmehl", "fett", "blutplasma", "mehl",
)  # fmt: skip
"""Of an animal or a grain that the ingredient has to name; where it names none, nobody can tell."""
NAMED: Final = _words(
    "turkeys?", "ducks?", "goose", "geese", "quails?", "rabbits?", "venison", "deer", "elk", "bison", "buffalo",
    "kangaroo",
    "goats?", "horse", "ostrich", "boar", "pheasant", "insects?", "crickets?", "mealworms?", "krill", "mussels?",
    "alligator",
    r"puten?\w*", r"truthahn\w*", r"enten?\w*", r"gans\w*", r"gänse\w*", r"kaninchen\w*", r"hirsch\w*", r"reh\w*",
    r"wild\w*", r"pferde?\w*", r"ziegen?\w*", r"känguru\w*", r"strauß\w*", "oats?", "oat ?meal", "barley", "rye",
    "peas?",
    "pea ?flour", "chickpeas?", "lentils?", "potato(?:es)?", "tapioca", "quinoa", "sorghum", "millet", "coconut",
    "palm",
    "vegetable", "plant", "sunflower", "canola", "flax(?:seed)?", "linseed", "beans?", "buckwheat", "hafer", "gerste",
    "erbsen?\\w*", "kartoffel\\w*", "kokos\\w*", "pflanzlich\\w*",
)  # fmt: skip
"""Animals and plants that are named, and none of those above."""
