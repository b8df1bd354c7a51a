"""Words of ingredient lists that are of nothing a pet's allergy is about, English and German; and of other languages.

They are here so that absence is known: an ingredient that has none of our words in it is not understood, and what is
not understood may be anything. A word too few costs a question, a word too many may hide an allergen.
"""

from __future__ import annotations

import re
from typing import Final

from pawline.insight.ingredient_words import words

OTHERS: Final = words(
    # minerals, vitamins and what is added to keep or set a food
    r"minerals?", r"mineralstoffe?", r"vitamine?n?s?", r"trace elements?", "spurenelemente", "salt", "salz",
    r"\w*salz",
    r"(?:calcium|potassium|sodium|magnesium|manganese|manganous|zinc|iron|ferrous|copper|cupric|cobalt|selenium|iodi[nz]ed?)",
    r"(?:calcium|kalium|natrium|magnesium|mangan|zink|eisen|kupfer|kobalt|selen|jod|kalzium)\w*", r"\w*phosphates?",
    r"\w*phosphate?", r"\w*chloride?", r"\w*carbonate?", r"\w*sulf?fate?", r"\w*sulphate", r"\w*iodide", r"\w*iodate",
    "choline", "cholin", r"cholin\w*", "niacin", "biotin", "thiamine?", "riboflavin", "pyridoxine", "folic acid",
    r"folsäure", r"pantothen\w*", r"menadione?\w*", r"cobalamin", r"inositol", r"retinol", r"beta-?carotene?",
    r"l-carnitine?", r"carnitine?", r"taurine?", r"(?:dl-?|l-)?methionine?", r"(?:l-)?lysine?", r"(?:l-)?tryptophan",
    r"(?:l-)?threonine", r"(?:l-)?arginine", r"(?:l-)?cystine", r"(?:l-)?cysteine", r"(?:l-)?ascorbyl\w*",
    r"ascorbic",
    r"tocopherole?s?", r"tocopheryl\w*", r"citric acid", r"zitronensäure", r"citronensäure", r"lactic acid",
    r"milchs(?:ä|ae)ure\w*", r"sorbic acid", r"phosphoric acid", r"acetic acid", r"vinegar", r"essig", r"\w*essig",
    r"glucosamine?\w*", r"glukosamin", r"chondroitin\w*", r"msm", r"methylsulfonylmethane?", r"glycerine?",
    r"glycerol",
    r"carrageenan", r"guar\w*", r"(?:xanthan|locust bean|cassia|acacia|agar-?agar|tara|gellan)(?: gum)?", r"agar",
    r"pectin", r"pektin", r"cellulose?", r"zellulose", r"inulin", r"fructo-?oligosaccharides?", r"oligosaccharid\w*",
    r"fos", r"mos", r"mannan\w*", r"beta-?glucans?", r"caramel", r"colou?rs?", r"karamell?", r"farbstoffe?", "sugar",
    "zucker", r"\w*zucker", "dextrose", "glucose", "glukose", "fructose", "sucrose", r"molasses", "melasse", "honey",
    "honig", r"bentonite?", r"clay", r"zeolith?e?", r"charcoal", "water", "wasser", "ash", "asche",
    r"antioxidants?", r"antioxidantien", r"preservatives?", r"konservierungsmittel", r"probiotics?", r"prebiotics?",
    r"lactobacillus", r"bifidobacterium", r"enterococcus", r"bacillus", r"saccharomyces", r"aspergillus", r"yeasts?",
    r"hefen?", r"\w*hefe", r"yucca", r"schidigera", r"rosemary", r"rosmarin", r"proteinates?", r"chelates?",
    # plants
    r"vegetables?", r"gemüse", r"fruits?", r"obst", r"früchte", r"herbs?", r"kräuter", r"berry", r"\w*berr(?:y|ies)",
    r"\w*beeren?", r"apples?", r"äpfel", r"apfel\w*", r"pears?", r"birnen?", r"bananas?", r"bananen?", r"mangos?",
    r"papayas?", r"pineapple", "ananas", r"oranges?", r"pomegranate", "granatapfel", r"plums?", r"peach(?:es)?",
    r"melons?",
    r"grapefruit", r"tomato(?:es)?", r"tomaten?\w*", r"carrots?", r"karotten?\w*", r"möhren?\w*", r"pumpkins?\w*",
    r"kürbis\w*", r"squash", r"zucchini", r"courgettes?", r"spinach", r"spinat", r"kale", r"grünkohl", r"broccoli",
    r"brokkoli", r"cabbage", r"cauliflower", r"blumenkohl", r"celery", r"sellerie", r"parsley", r"petersilie",
    r"parsnips?", r"pastinaken?\w*", r"beet(?:root)?s?", r"\w*rüben?\w*", r"randen", r"rote bete", r"beta",
    r"turnips?",
    r"cucumbers?", r"gurken?", r"lettuce", r"salat", r"asparagus", r"sweet ?potato(?:es)?", r"süßkartoffeln?\w*",
    r"yams?", r"cassava", r"maniok", r"topinambur", r"artichokes?", r"artischocken?", r"chicory", r"zichorien?\w*",
    r"chicoréee?\w*", r"alfalfa", r"luzernen?\w*", r"clover", r"dandelion", r"löwenzahn\w*", r"nettles?",
    r"brenn?nesseln?\w*", r"chamomile", r"kamillen?\w*", r"thyme", r"thymian", r"oregano", r"basil", r"basilikum",
    r"sage",
    r"salbei", r"mint", r"peppermint", r"minze", r"fennel", r"fenchel\w*", r"anise?", r"ginger", r"ingwer",
    r"turmeric",
    r"kurkuma", r"cinnamon", r"zimt", r"paprika", r"garlic", r"knoblauch\w*", r"marigold", r"calendula",
    r"ringelblumen?\w*",
    r"thistle", r"mariendistel\w*", r"rose ?hips?", r"hagebutten?\w*", r"burdock", r"marshmallow", r"slippery elm",
    r"licorice", r"liquorice", r"süßholz\w*", r"green tea", r"grüntee\w*", r"spirulina", r"chlorella", r"kelp",
    r"algae?n?",
    r"algen\w*", r"seaweed", r"seealgen?\w*", r"seetang", r"psyllium", r"flohsamen\w*", r"chia(?:samen)?", r"hemp",
    r"hanf\w*",
    r"flax\w*", r"linseeds?", r"leinsa(?:at|men)\w*", r"leinöl", r"leinkuchen", r"sunflower", r"sonnenblumen\w*",
    r"canola",
    r"rape ?seed", r"raps\w*", r"safflower", r"distelöl", r"olives?", r"oliven?\w*", r"borage", r"borretsch\w*",
    r"peanuts?",
    r"erdn(?:uss|üsse)\w*", r"cocoa", r"carob", r"johannisbrot\w*", r"amaranth?", r"teff", r"hirse\w*", r"roggen\w*",
    r"hafer\w*", r"gersten?\w*", r"quinoa", r"buchweizen\w*", r"sorghum", r"milo", r"linsen?\w*", r"kichererbsen?\w*",
    r"bohnen?\w*", r"ackerbohnen?\w*", r"lupinen?\w*", r"lupins?", r"tapioka\w*", r"coconuts?", r"kokos\w*",
    # insects and what lives in water beside fish
    r"insekten\w*", r"larvae?n?", r"black soldier fly", r"mehlw(?:u|ü)rmer?", r"mussels?", r"muscheln?\w*",
    r"\w*lippmuschel\w*", r"krill", r"shrimps?", r"prawns?", r"garnelen?\w*", r"crabs?", r"krabben?\w*", r"squid",
)  # fmt: skip
"""What is named, and is none of what pets react to most."""
HOW: Final = words(
    "dried", "fresh", "frozen", "raw", "cooked", "ground", "whole", "deboned", "dehydrated", "freeze", "organic",
    "pure",
    "cold[- ]pressed", "including", "of which", "at least", "min", "minimum", "a", "an", "the", "of", "in",
    "source", "omega",
    r"(?:schonend )?getrocknet\w*", r"frisch\w*", r"gemahlen\w*", r"gekocht\w*", "davon", "mindestens", "inkl",
    "bio", "mind",
    "quelle", "von", "kg", "mg", "iu", "ie",
)  # fmt: skip
"""How, or how much of it, there is: alone, in a bracket, it is no ingredient."""
FOREIGN: Final = words(
    "et", "de", "du", "avec", "dont", "y", "con", "del", "della", "met", "van", "en", "og", "och", "med", "oraz",
    "viandes?", "volailles?", "poulet", "poissons?", "b(?:œ|oe)uf", "canard", "agneau", "porc", "ma(?:ï|i)s concassé",
    "ma(?:ï|í)[sz]", "riz", "bl(?:é|e)", "œufs?", "lait", "carnes?", "pollo", "pescado", "cerdo", "cordero",
    "arroz", "trigo",
    "huevos?", "leche", "carni", "pesce", "manzo", "maiale", "agnello", "riso", "frumento", "uova", "latte",
    "vlees", "kip",
    "vis", "rund", "varken", "lam", "rijst", "tarwe", "eieren", "melk", "kött", "kyckling", "fisk", "nöt",
    "kylling", "oksekød",
    "svin", "hvede", "mięso", "kurczak\\w*", "wołowina", "ryby?", "ryż", "pszenica", "jaja", "maso", "kuře\\w*",
    "hovězí", "ryba",
    "rýže", "pšenice", "hús", "csirke\\w*", "marha\\w*", "frango", "peixe", "carne",
)  # fmt: skip
"""What only another language has: one of them, and the list is not read."""
STRANGE: Final = re.compile(r"[Ѐ-ӿͰ-Ͽ԰-׿؀-ۿ฀-๿ᄀ-ᇿ぀-ヿ㐀-鿿가-힯]")
"""Letters of no script that is read here."""
