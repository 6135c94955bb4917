"""README and docs: their links lead somewhere, and settings, commands and filters stand in them."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from models.exports.columns import EXPORTS
from models.filters.names import FILTERS
from models.settings import Settings
from tests.processes import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LONGEST_README = 200
_LINK = re.compile(r"(?<!`)\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def read(name: str) -> str:
    return (ROOT / name).read_text()


def prose(document: Path) -> str:
    return _FENCED.sub("", document.read_text())


def anchors(document: Path) -> set[str]:
    """Names of a document's headings, as GitHub makes them."""
    words = (re.sub(r"[^\w\- ]", "", title.lower()) for title in _HEADING.findall(prose(document)))
    return {word.replace(" ", "-") for word in words}


def broken(document: Path) -> list[str]:
    """The links of a document that lead nowhere in the repository."""
    wrong = []
    for link in _LINK.findall(prose(document)):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = document.parent / unquote(path) if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            wrong.append(link)
    return wrong


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    assert broken(document) == []


def test_a_link_to_nowhere_is_found(tmp_path: Path) -> None:
    document = tmp_path / "a.md"
    document.write_text("# One two\n[a](b.md) [c](#one-two) [d](#three) [e](a.md#one-two)\n")
    assert broken(document) == ["b.md", "#three"]


def test_every_document_is_reached_from_the_readme() -> None:
    reached, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        document = waiting.pop()
        if document in reached:
            continue
        reached.add(document)
        links = (link.partition("#")[0] for link in _LINK.findall(prose(document)))
        targets = ((document.parent / link).resolve() for link in links if link.endswith(".md"))
        waiting += [target for target in targets if target.exists()]
    assert set(DOCUMENTS) - reached == set()


def test_the_readme_is_short() -> None:
    assert len(read("README.md").splitlines()) <= LONGEST_README


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_described(name: str) -> None:
    assert f"| `{name.upper()}` |" in read("docs/settings.md")


def test_no_setting_is_described_that_does_not_exist() -> None:
    described = re.findall(r"^\| `([A-Z_]+)` \|", read("docs/settings.md"), re.MULTILINE)
    assert {name.lower() for name in described} == set(Settings.model_fields)


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_is_described(name: str) -> None:
    assert f"`{name}`" in read("docs/filters.md")


@pytest.mark.parametrize("name", EXPORTS)
def test_every_column_of_an_export_is_described_in_order(name: str) -> None:
    found = re.search(rf"^- \*\*{name}\*\*: `([^`]+)`", read("docs/commands.md"), re.MULTILINE)
    assert found
    assert found[1].replace(",", " ").split() == [column.name for column in EXPORTS[name].columns]


def test_documents_name_files_that_exist() -> None:
    """A path in backticks that begins with a folder of the code is one of its files."""
    path = re.compile(
        r"`((?:receiver|models|dashboard|commands|simulator|tests|deploy|docs)/[\w/.-]+)`"
    )
    named = {(d.name, found) for d in DOCUMENTS for found in path.findall(prose(d))}
    assert [one for one in sorted(named) if not (ROOT / one[1]).exists()] == []


def test_rules_are_cited_by_headings_that_exist() -> None:
    """A comment that cites a document, and a heading of it, cites what is there."""
    citation = re.compile(r'docs/([\w/-]+\.md)(?:,\s+"([^"]+)"|,\s+(\d+))?')
    wrong = []
    for room in ("commands", "dashboard", "models", "receiver", "simulator", "tests"):
        for file in sorted((ROOT / room).rglob("*.py")):
            for name, heading, number in citation.findall(file.read_text()):
                document = ROOT / "docs" / name
                text = document.read_text() if document.exists() else ""
                known = heading in _HEADING.findall(text) if heading else f"\n{number}. " in text
                if not text or ((heading or number) and not known):
                    wrong.append(f"{file.relative_to(ROOT)}: {name} {heading}{number}")
    assert wrong == []
