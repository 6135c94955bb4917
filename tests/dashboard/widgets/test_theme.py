"""The palette: text can be read on what lies behind it, in both themes (WCAG AA, 4.5:1)."""

import tomllib
from pathlib import Path

import pytest

CONFIG = Path(__file__).parents[3] / "dashboard" / ".streamlit" / "config.toml"
THEME = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["theme"]

Rgb = tuple[float, float, float]


def _rgb(colour: str) -> Rgb:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _mixed(share: float, colour: str, other: str) -> Rgb:
    """`color-mix(in srgb, colour share, other)`, as the stylesheets do it."""
    red, green, blue = (
        share * one + (1 - share) * two for one, two in zip(_rgb(colour), _rgb(other), strict=True)
    )
    return red, green, blue


def _luminance(colour: Rgb) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: Rgb, other: Rgb) -> float:
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_links_and_muted_text_stand_out_on_every_surface(mode: str) -> None:
    theme = THEME[mode]
    page = theme["backgroundColor"]
    tint = _mixed(0.09, theme["primaryColor"], page)
    for surface in (_rgb(page), _rgb(theme["secondaryBackgroundColor"]), tint):
        for text in (
            _rgb(theme["textColor"]),
            _rgb(theme["linkColor"]),
            _rgb(theme["primaryColor"]),
            _rgb(theme["grayTextColor"]),
            _mixed(0.7, theme["textColor"], page),
        ):
            assert _contrast(text, surface) >= 4.5
    assert _contrast(_rgb(page), _rgb(theme["primaryColor"])) >= 4.5


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("colour", ["green", "yellow", "orange", "red", "gray"])
def test_badges_can_be_read(mode: str, colour: str) -> None:
    theme = THEME[mode]
    text, ground = theme[f"{colour}TextColor"], theme[f"{colour}BackgroundColor"]
    assert _contrast(_rgb(text), _rgb(ground)) >= 4.5


def test_nothing_is_fetched_from_elsewhere() -> None:
    config = CONFIG.read_text(encoding="utf-8")
    assert "http" not in config
    assert not tomllib.loads(config)["browser"]["gatherUsageStats"]
