"""Browsers: what Midbound calls a visitor (`vid`), each with a user agent, screen and bot score."""

from dataclasses import dataclass, field
from typing import Any

from simulator.dice import Dice

_MAC = "Macintosh; Intel Mac OS X 10_15_7"
_WINDOWS = "Windows NT 10.0; Win64; x64"
_IPHONE = "iPhone; CPU iPhone OS 17_5 like Mac OS X"
_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
_APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"

# `#` is replaced by the version. Weights are roughly those of real users.
_DESKTOP: tuple[tuple[float, str], ...] = (
    (34, f"Mozilla/5.0 ({_WINDOWS}) {_WEBKIT} Chrome/#.0.0.0 Safari/537.36"),
    (25, f"Mozilla/5.0 ({_MAC}) {_WEBKIT} Chrome/#.0.0.0 Safari/537.36"),
    (12, f"Mozilla/5.0 ({_WINDOWS}) {_WEBKIT} Chrome/#.0.0.0 Safari/537.36 Edg/#.0.0.0"),
    (14, f"Mozilla/5.0 ({_MAC}) {_APPLE} Version/17.5 Safari/605.1.15"),
    (9, f"Mozilla/5.0 ({_WINDOWS}; rv:#.0) Gecko/20100101 Firefox/#.0"),
    (6, f"Mozilla/5.0 (X11; Linux x86_64) {_WEBKIT} Chrome/#.0.0.0 Safari/537.36"),
)
_MOBILE: tuple[tuple[float, str], ...] = (
    (52, f"Mozilla/5.0 ({_IPHONE}) {_APPLE} Version/17.5 Mobile/15E148 Safari/604.1"),
    (36, f"Mozilla/5.0 (Linux; Android 10; K) {_WEBKIT} Chrome/#.0.0.0 Mobile Safari/537.36"),
    (12, f"Mozilla/5.0 ({_IPHONE}) {_APPLE} CriOS/#.0.0.0 Mobile/15E148 Safari/604.1"),
)
_DESKTOP_SCREENS = ((1920, 1080), (1536, 864), (2560, 1440), (1440, 900), (1728, 1117))
_MOBILE_SCREENS = ((390, 844), (393, 852), (412, 915), (360, 800), (430, 932))

# (weight, (lowest, highest)) of Midbound's scores from 1 (certainly a bot) to 99 (certainly not).
_BOT_SCORES: tuple[tuple[float, tuple[int, int]], ...] = (
    (89, (82, 99)),
    (9, (45, 81)),
    (2, (20, 29)),  # people mistaken for a bot
)
_SCANNER = f"Mozilla/5.0 (X11; Linux x86_64) {_WEBKIT} HeadlessChrome/#.0.0.0 Safari/537.36"


@dataclass(slots=True)
class Browser:
    """One browser. `screen` is width and height in pixels, `bot_score` Midbound's score (1 to 99).
    `vid` is empty until the first visit, because it is a ULID that begins with that visit's time.
    """

    user_agent: str
    screen: tuple[int, int]
    bot_score: int
    is_verified_bot: bool = False
    vid: str = field(default="")


def browser(dice: Dice, *, mobile: bool) -> Browser:
    """Make a person's browser: on a phone if `mobile`, otherwise on a computer."""
    agent = dice.weighted(_MOBILE if mobile else _DESKTOP)
    lowest, highest = dice.weighted(_BOT_SCORES)
    return Browser(
        user_agent=agent.replace("#", str(dice.randint(118, 138))),
        screen=dice.choice(_MOBILE_SCREENS if mobile else _DESKTOP_SCREENS),
        bot_score=dice.randint(lowest, highest),
    )


def scanner(dice: Dice) -> Browser:
    """Make a mail scanner, which opens links before their reader does; some say they are bots."""
    return Browser(
        user_agent=_SCANNER.replace("#", str(dice.randint(118, 138))),
        screen=(800, 600),
        bot_score=dice.randint(3, 20),
        is_verified_bot=dice.chance(0.3),
    )


def bot_management(seen: Browser, dice: Dice) -> dict[str, Any]:
    """Make a session's `botManagement` block; the score varies by up to 2 between visits."""
    if dice.chance(0.02):  # not every request is scored
        return {
            "score": None,
            "verifiedBot": None,
            "corporateProxy": None,
            "verifiedBotCategory": None,
        }
    return {
        "score": min(max(seen.bot_score + dice.randint(-2, 2), 1), 99),
        "verifiedBot": seen.is_verified_bot,
        "corporateProxy": dice.chance(0.06),
        "verifiedBotCategory": "Security" if seen.is_verified_bot else None,
    }
