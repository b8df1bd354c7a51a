"""The examples of README.md and docs/ work; those that cannot run say why, and at least compile."""

import traceback

import pytest

from tests.docs.blocks import Block, blocks, run
from tests.house.tree import ROOT, listed

PAGES = [path for path in listed() if path == "README.md" or (path.startswith("docs/") and path.endswith(".md"))]
FENCE = "```"


def page(*bodies: str, mark: str = "") -> str:
    return "# Title\n\n" + "\n".join(f"{mark}{FENCE}python\n{body}\n{FENCE}\n" for body in bodies)


@pytest.mark.parametrize("path", PAGES)
def test_the_examples_of_a_page_work(path: str) -> None:
    run((ROOT / path).read_text("utf-8"), path)


def test_there_are_pages_with_examples() -> None:
    assert "README.md" in PAGES
    assert sum(len(blocks((ROOT / path).read_text("utf-8"))) for path in PAGES) > 2


def test_a_wrong_example_fails_and_names_its_line() -> None:
    with pytest.raises(AssertionError) as caught:
        run(page("bowls = 1", "assert bowls == 2"), "docs/planted.md")
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.filename, last.lineno) == ("docs/planted.md", 8)


def test_a_block_that_is_not_run_still_compiles() -> None:
    run(page("await feed(unknown)", mark="<!-- not run: needs a bowl -->\n"), "docs/planted.md")
    with pytest.raises(SyntaxError, match=r"planted\.md, line 5"):
        run(page("def feed(:", mark="<!-- not run: needs a bowl -->\n"), "docs/planted.md")


def test_a_mark_without_a_reason_does_not_count() -> None:
    assert blocks(page("x = 1", mark="<!-- not run: -->\n")) == [Block(5, "x = 1\n", None)]


def test_other_languages_are_left_alone() -> None:
    assert blocks(f"{FENCE}toml\nx = 1\n{FENCE}\n") == []
