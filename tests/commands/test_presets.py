"""Presets by command: the file on standard output, and beside it what qualifies."""

from pathlib import Path

from dashboard.exports.order import OPTIONS
from models.storage.database import Database
from tests.commands.test_command_line import desk
from tests.dashboard.exports.test_csv_text import vendors_examples
from tests.dashboard.exports.test_presets import VENDORS_LEAD
from tests.desk import take_in


def test_the_command_takes_every_option(tmp_path: Path) -> None:
    text = desk("export", "--help", cwd=tmp_path).stdout
    assert [name for name in OPTIONS if f"--{name.replace('_', '-')}" not in text] == []


def test_the_command_writes_the_file_and_says_what_qualifies(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    take_in(database, vendors_examples())
    result = desk(
        "export", "companies", "--preset", "linkedin-companies",
        cwd=tmp_path, DATABASE_URL=database_url,
    )  # fmt: skip
    assert result.stdout == VENDORS_LEAD["linkedin-companies"].replace("\r\n", "\n")
    assert result.stderr == (
        "LinkedIn company list: 1 of 2 rows qualify.\n"
        "1 left out: no visitor works there now.\n"
        "A LinkedIn company list needs at least 300 rows.\n"
    )


def test_the_command_refuses_a_preset_of_another_export(tmp_path: Path) -> None:
    result = desk("export", "quarantine", "--preset", "hubspot", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (2, "quarantine has no presets.\n")
