"""The words of ingredient lists, English and German: aliases of what pets react to, and words that leave it open.

By pets' reactions after Mueller 2016. That `poultry`, `meat meal`, `animal fat` and `natural flavor` leave open what
they are of is the rule of labelling (AAFCO's definitions; EU's categories such as "meat and animal derivatives").
"""

from __future__ import annotations

import re
from typing import Final

from pawline.model import Allergen


def words(*some: str) -> re.Pattern[str]:
    """Any of them as a word of its own, however it is written."""
    return re.compile(rf"\b(?:{'|'.join(some)})\b", re.IGNORECASE)


CONTAINS: Final = {
    Allergen.BEEF: words(
        "beef", "bovine", "veal", "tallow", "suet", "cattle", "cows?", "calf", "calves", "ox", "oxen", "ox ?tails?",
        "bull(?:y|ies)?", "steer", r"\w*rind(?:er|s|fleisch)?\w*", r"\w*kalb(?:s|fleisch)?\w*", r"ochsen?\w*",
    ),
    Allergen.CHICKEN: words("chickens?", "hens?", "capon", "roosters?", "cockerels?", "poussin",
    r"\w*h(?:ü|ue)hn(?:er|chen)\w*",
        "huhn", r"\w+huhn", r"\w*h(?:ä|ae)hnchen\w*", "hahn", r"poularden?"),
    Allergen.CORN: words("corn", "maize", "corn ?starch", "corn ?meal", "corn ?flour", "pop ?corn", "sweet ?corn",
    r"maize\w*",
        r"\w*mais\w*", "hominy", "polenta"),
    Allergen.DAIRY: words(
        "milk", "whey", "cheeses?", "cheddar", "yogh?urt", "caseinate", "casein", "lactose", "butter", "buttermilk",
        "cream", "kefir", "dairy", "ghee", "curds?", "mozzarella", "parmesan", "ricotta", "lact(?:o)?albumin",
        r"\w*milch(?!säure)\w*", r"\w*molken?\w*", r"\w*käse\w*", r"jogh?urt\w*", r"\w*quark", r"\w*[ck]asein\w*",
        "sahne", r"la[ck]tose",
    ),
    Allergen.EGG: words("eggs?", "egg ?shells?", "egg ?whites?", "albumen", "albumin", "yolks?", "ei", r"eier\w*",
        r"ei(?:pulver|gelb|klar|weiß|weiss)\w*",
        r"(?:voll|trocken|frisch|hühner|huehner|enten|wachtel|straußen|strauß)+ei\w*"),
    Allergen.FISH: words(
        "fish", "fish ?meal", "whitefish", "salmon", "tuna", "herrings?", "cod", "trout", "sardines?",
        "anchov(?:y|ies)",
        "mackerel", "menhaden", "pollock", "haddock", "halibut", "flounder", "tilapia", "catfish", "perch", "hake",
        "capelin", "carp", "pilchards?", "plaice", "swordfish", "rockfish", "bonito", "redfish",
        r"\w*fisch(?!frei)\w*",
        "sprats?", "whiting", "hoki", "pangasius", "saury", "smelts?", "sea ?bass", "sea ?bream", "barramundi",
        "eel", "roe",
        "fish ?oil", r"\w*lachs\w*", r"\w*hering\w*", r"\w*forellen?\w*", r"sardinen?", r"sardellen?", r"sprotten?",
        "dorsch", "kabeljau", r"makrelen?\w*", "scholle", "barsch", "zander", "karpfen", "hecht", r"aal",
    ),
    Allergen.LAMB: words("lamb", "mutton", "sheep", "ovine", r"\w*lamm\w*", r"schaf\w*", "hammel"),
    Allergen.PORK: words("pork", "pigs?", "swine", "porcine", "hogs?", "ham", "gammon", "bacon", "lard",
    r"\w*schwein\w*",
        r"\w*schinken", "speck", "ferkel"),
    Allergen.RICE: words("rice", "brewers ?rice", r"rice ?(?:bran|flour|meal)", r"reis\w*", r"\w*reis(?:mehl)?"),
    Allergen.SOY: words("soy", "soya", "soy ?beans?", "soya ?beans?", r"soja\w*", r"soya ?\w*", "tofu", "tempeh",
    "miso", "edamame"),
    Allergen.WHEAT: words(
        "wheat", r"wheat(?:germ|feed|meal|bran|flour)", "farina", "spelt", "durum", "semolina", "seitan",
        "couscous", "bulgh?ur", "farro", "kamut", r"\w*weizen\w*",
        r"\w*dinkel\w*", "grünkern", "grieß",
    ),
}  # fmt: skip
"""Whatever of an animal or a plant an ingredient is: fat, oil and broth count as well as meat."""
OTHER_THINGS: Final = words(
    "milk thistle", "(?:coconut|oat|almond|goat.?s rue) milk", "(?:peanut|cocoa|shea|almond|nut) butter",
    "cream of tartar", "guinea pigs?", "lamb.?s (?:lettuce|quarters?|ear)", "chicken of the woods", "buck wheat",
    "cauliflower rice", "konjac rice", "fish ?wort", "butter ?nut(?: squash)?", "wheat ?grass", "egg ?plant",
    "corn ?flower",
    "corn salad", "corn silk", "chick ?weed", "hen of the woods", "cod ?piece", "beef ?steak tomato(?:es)?",
    "horse ?radish",
    "mariendistel", r"milchs(?:ä|ae)ure\w*", r"buchweizen\w*", r"kokosmilch\w*", r"kakaobutter", r"erdnussbutter",
    r"wildreis",
)  # fmt: skip
"""What has one of these words in it, and is something else."""
CANNOT_TELL: Final = words(
    "poultry", r"geflügel\w*", "meat (?:and animal derivatives|by-?products?)",
    "animal (?:fats?|proteins?|digest|by-?products?|derivatives|liver|plasma|meal|gelatine?)",
    "fish and fish derivatives",
    r"tierische\w* (?:fette?s?|nebenerzeugnisse|proteine?|erzeugnisse)",
    "vegetable (?:oils?|proteins?|protein extracts?|by-?products?|fats?)", "derivatives of vegetable origin",
    r"pflanzliche\w* (?:öle?|fette?|nebenerzeugnisse|eiwei(?:ß|ss)\w*)", "textured (?:vegetable )?protein",
    "oils? and fats?", "öle und fette", "fette", "nebenerzeugnisse",
)  # fmt: skip
"""What an ingredient is of is open, whatever else it names."""
OF_WHAT: Final = words(
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
NAMED: Final = words(
    "turkeys?", "ducks?", "goose", "geese", "quails?", "rabbits?", "venison", "deer", "elk", "bison", "buffalo",
    "kangaroo",
    "goats?", "horse", "ostrich", "boar", "pheasant", "insects?", "crickets?", "mealworms?", "krill", "mussels?",
    "alligator",
    r"puten?\w*", r"truthahn\w*", r"enten?\w*", r"gans\w*", r"gänse\w*", r"kaninchen\w*", r"hirsch\w*", r"reh\w*",
    "wild", r"wild(?:fleisch|schwein|kaninchen)\w*", r"pferde?\w*", r"ziegen?\w*", r"känguru\w*", r"strauß\w*",
    "oats?", "oat ?meal", "barley", "rye",
    "peas?",
    "pea ?flour", "chickpeas?", "lentils?", "potato(?:es)?", "tapioca", "quinoa", "sorghum", "millet", "coconut",
    "palm",
    "vegetable", "plant", "sunflower", "canola", "flax(?:seed)?", "linseed", "beans?", "buckwheat", "hafer", "gerste",
    "erbsen?\\w*", "kartoffel\\w*", "kokos\\w*", "pflanzlich\\w*",
)  # fmt: skip
"""Animals and plants that are named, and none of those above."""
