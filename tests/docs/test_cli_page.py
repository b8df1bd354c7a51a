"""The reference of the command line says what the command line does."""

from typer.main import get_command

from pawline.cli import app
from tests.docs.cli_page import _commands, page
from tests.house.tree import ROOT


def test_the_page_is_the_app() -> None:
    written = (ROOT / "docs/reference/cli.md").read_text("utf-8")
    assert written == page(), "run: python -m tests.docs.cli_page > docs/reference/cli.md"


def test_every_command_answers_in_json() -> None:
    silent = [text.split("\n")[1] for text in _commands(get_command(app), "pawline") if "`--json`" not in text]
    assert silent == []
