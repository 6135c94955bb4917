""".env.example names every setting with its default, and nothing that does not exist."""

import re
from pathlib import Path

import pytest

from models.settings import Settings
from tests.processes import ROOT

TEXT = (ROOT / ".env.example").read_text()
COMPOSE_ONLY = {"POSTGRES_PASSWORD", "PUBLIC_HOST"}
EXAMPLES = dict(re.findall(r"^# ([A-Z_]+)=(.*)$", TEXT, re.MULTILINE))


def test_it_names_exactly_the_settings() -> None:
    names = {name.upper() for name in Settings.model_fields}
    assert set(EXAMPLES) == names | COMPOSE_ONLY


def test_it_sets_nothing_by_itself() -> None:
    assert [line for line in TEXT.splitlines() if line and not line.startswith("#")] == []


def test_every_name_has_its_line_of_explanation() -> None:
    lines = TEXT.splitlines()
    for name in EXAMPLES:
        at = next(n for n, line in enumerate(lines) if line.startswith(f"# {name}="))
        assert re.fullmatch(r"# .*\w.*\.", lines[at - 1]), name


def test_its_values_are_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {name: value for name, value in EXAMPLES.items() if value}
    env_file = tmp_path / ".env"
    env_file.write_text("".join(f"{name}={value}\n" for name, value in given.items()))
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)

    read = Settings(_env_file=env_file)

    assert {name.lower() for name in given} == read.model_fields_set
    assert read.model_dump() == Settings(_env_file=None).model_dump()
    without = {name for name in Settings.model_fields if name.upper() not in given}
    assert not any(getattr(read, name) for name in without)
