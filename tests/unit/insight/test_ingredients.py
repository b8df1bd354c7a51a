"""What an ingredient list contains: nothing that it only flavours, denies or may have, and nothing of it is missed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawline.insight.ingredients import allergens
from pawline.model import Allergen
from tests.unit.insight.real_labels import Read, lists


@pytest.mark.parametrize("read", lists())
def test_real_lists_are_read_as_they_stand_there(read: Read) -> None:
    found = allergens(read.text)
    assert found is not None
    assert (found.contains, found.unclear) == (read.contains, read.unclear)


@pytest.mark.parametrize(
    ("item", "contains"),
    [
        ("chicken flavor", ()), ("natural chicken flavour", ()), ("with chicken flavouring", ()), ("Huhngeschmack",
        ()),
        ("wheat-free oats", ()), ("grain-free oats", ()), ("free-range chicken", (Allergen.CHICKEN,)),
        ("cage-free eggs", (Allergen.EGG,)), ("hormone-free beef", (Allergen.BEEF,)), ("milk thistle", ()),
        ("coconut milk", ()), ("peanut butter", ()), ("buckwheat", ()), ("buck wheat", ()), ("Buchweizen", ()),
        ("eggplant", ()), ("butternut squash", ()), ("lamb's quarters", ()), ("chickpeas", ()), ("guinea pig", ()),
        ("lactobacillus", ()), ("lactic acid", ()), ("cream of tartar", ()), ("licorice root", ()), ("cornflower",
        ()),
        ("beet pulp", ()), ("may contain wheat", ()), ("chicken or turkey", ()), ("corn starch", (Allergen.CORN,)),
        ("beef tallow", (Allergen.BEEF,)), ("hydrolyzed chicken liver", (Allergen.CHICKEN,)),
        ("menhaden oil", (Allergen.FISH,)),
        ("cauliflower rice", ()), ("Milchsäure", ()), ("Molkenpulver", (Allergen.DAIRY,)),
        ("Dinkelmehl", (Allergen.WHEAT,)),
    ],
)  # fmt: skip
def test_words_that_look_alike_are_told_apart(item: str, contains: tuple[Allergen, ...]) -> None:
    found = allergens(f"peas, {item}, carrots")
    assert found is not None
    assert found.contains == contains


@pytest.mark.parametrize(
    ("item", "is_open"),
    [
        ("natural flavor", True), ("chicken flavor", True), ("animal fat", True), ("poultry meal", True),
        ("meat meal", True),
        ("lamb meat meal", False), ("liver", True), ("duck liver", False), ("broth", True), ("turkey broth", False),
        ("chicken or turkey", True), ("may contain wheat", True), ("gelatin", True), ("flour", True),
        ("pea flour", False), ("lecithin", True), ("soy lecithin", False), ("starch", True), ("potato starch", False),
        ("vegetable oil", True), ("derivatives of vegetable origin", True),
        ("coconut fat", False), ("sunflower oil", False), ("kangaroo", False),
    ],
)  # fmt: skip
def test_of_what_it_does_not_name_nobody_can_tell(item: str, *, is_open: bool) -> None:
    found = allergens(f"peas, {item}, carrots")
    assert found is not None
    assert (found.unclear == (item,)) is is_open
    assert len(found.unclear) <= 1


@pytest.mark.parametrize(
    "text",
    [
        "peas, carrots", "Chicken", "peas, chicken, rice, …", "peas, chicken, rice and more",
        "peas, chicken, rice...",
        "peas, chicken, no corn, wheat, soy", "peas, chicken, made without wheat, rice",
        "Erbsen, Huhn, ohne Weizen, Reis", "peas, potatoes, turkey (dried, chicken",
        f"peas, carrots, oats {'and oats ' * 30}",
        "No corn, wheat or soy, just chicken, rice. Peas, carrots, oats.",
        "Turkey, peas, oats. Analytical constituents: protein 20 %. Composition of the coating: chicken fat",
    ],
)  # fmt: skip
def test_what_is_no_whole_list_is_not_read(text: str) -> None:
    assert allergens(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Poulet, riz, maïs, graisse de volaille", "Pollo, arroz, maíz, minerales", "Pollo, riso, patate, taurine",
        "Kip, rijst, tarwe, vitamin E, taurine", "Kyckling, ris, majs, taurin", "Kurczak, ryż, kukurydza, minerały",
        "Курица, рис, кукуруза", "鶏肉, 米, 卵", "tacchino, piselli, patate, vitamina",
        "Composition : dinde, pois, pommes, vitamines", "Chicken, rice, peas / Poulet, riz, pois",
    ],
)  # fmt: skip
def test_of_a_list_in_another_language_nothing_is_said(text: str) -> None:
    assert allergens(text) is None


@pytest.mark.parametrize("item", ["chiken", "dried chiken meal", "hydrolysat", "xyz 12", "Vogel", "dinde", "kylling"])
def test_what_is_not_understood_may_be_anything(item: str) -> None:
    found = allergens(f"peas, {item}, carrots, potatoes, oats")
    assert found is None or (found.contains, found.unclear) == ((), (item.lower(),))


@pytest.mark.parametrize(
    ("item", "contains"),
    [
        ("Wildlachs", Allergen.FISH), ("Seelachs", Allergen.FISH), ("Ziegenmilch", Allergen.DAIRY),
        ("Natriumkaseinat", Allergen.DAIRY), ("Entenei", Allergen.EGG), ("Vollkornreis", Allergen.RICE),
        ("rice milk", Allergen.RICE), ("wheatfeed", Allergen.WHEAT), ("oxtail", Allergen.BEEF),
        ("corn flour", Allergen.CORN), ("gammon", Allergen.PORK), ("Hühnerei", Allergen.EGG),
        ("Wildschwein", Allergen.PORK), ("Brathähnchen", Allergen.CHICKEN),
    ],
)  # fmt: skip
def test_no_compound_hides_what_it_is_of(item: str, contains: Allergen) -> None:
    found = allergens(f"peas, {item}, carrots")
    assert found is not None
    assert contains in found.contains


def test_what_follows_a_denial_of_additives_is_read() -> None:
    found = allergens("Turkey, peas, potatoes. No artificial additives. Chicken fat, carrots.")
    assert found is not None
    assert found.contains == (Allergen.CHICKEN,)


ENGLISH = ["beef", "chicken", "corn", "milk", "eggs", "fish", "lamb", "pork", "rice", "soy", "wheat"]
DENIALS = [
    "No {}.", "Contains no {}.", "Free from {}.", "Made without {}.", "Never any {}.", "Without {}.", "Ohne {}.",
    "Not made with {}.",
]  # fmt: skip


@given(st.sampled_from(ENGLISH), st.sampled_from(ENGLISH), st.sampled_from(DENIALS), st.booleans())
def test_a_sentence_that_denies_contains_nothing(one: str, other: str, denial: str, first: bool) -> None:
    denied = denial.format(f"{one}, {other} or {one}")
    text = f"{denied} Peas, carrots, oats." if first else f"Peas, carrots, oats. {denied}"
    found = allergens(text)
    assert found is None or found.contains == ()


@given(
    st.sampled_from(ENGLISH),
    st.sampled_from(["{} flavor", "natural {} flavour", "artificial {} flavoring", "{}-free oats", "{} free peas"]),
)  # fmt: skip
def test_flavour_and_freedom_are_no_content(one: str, said: str) -> None:
    found = allergens(f"Peas, {said.format(one)}, carrots")
    assert found is not None
    assert found.contains == ()


@given(
    st.lists(st.sampled_from(ENGLISH), min_size=3, max_size=8, unique=True),
    st.booleans(),
    st.sampled_from([", ", "; "]),
)
def test_each_that_is_named_is_found_wherever_it_stands(some: list[str], loud: bool, between: str) -> None:
    text = between.join(f"dried {one} meal (preserved with rosemary)" for one in some)
    found = allergens(text.upper() if loud else text)
    assert found is not None
    assert len(found.contains) == len(some)
