"""Numbers in words: counts, amounts, percent, bytes, the same on every screen."""

_SCALES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))

_LARGEST = 1e15
"""From here on, a number can't be a real count: it is written with an exponent."""


def number(value: float) -> str:
    """A whole number with thousands separators; an impossibly large one with an exponent."""
    return f"{value:,.0f}" if abs(value) < _LARGEST else f"{value:.1e}"


def whole(value: float | None) -> str | None:
    """A count with thousands separators."""
    if value is None:
        return None
    return f"{value:,.0f}" if abs(value) < _LARGEST else f"{value:.1e}"


def decimal(value: float | None) -> str | None:
    """A number with one decimal."""
    if value is None:
        return None
    return f"{value:,.1f}" if abs(value) < _LARGEST else f"{value:.1e}"


def year(value: float | None) -> str | None:
    """A year, without thousands separators."""
    return None if value is None else f"{value:.0f}" if abs(value) < _LARGEST else f"{value:.1e}"


def signed(value: float | None) -> str | None:
    """Percent with its sign; a true minus, as wide as the plus."""
    if value is None:
        return None
    size = f"{abs(value):,.1f}".removesuffix(".0") if abs(value) < _LARGEST else "∞"
    sign = "" if not value else "+" if value > 0 else "−"  # noqa: RUF001 - the sign, not a hyphen
    return f"{sign}{size}%"


def short(value: float | None) -> str | None:
    """A large number in thousands, millions and so on: `42 k`, `1.9 M`."""
    if value is None:
        return None
    size, unit = scaled(value)
    return f"{size} {unit}".rstrip()


def money(value: float | None, currency: str | None) -> str | None:
    """An amount, `2 M USD`."""
    text = short(value)
    return " ".join(filter(None, (text, currency))) if text else None


def money_range(least: float | None, most: float | None, currency: str | None) -> str | None:
    """An amount between two, `1–5 M USD`; with one end alone `from 1 M USD` or `up to 5 M USD`."""
    if least is None and most is None:
        return None
    if most is None:
        return f"from {money(least, currency)}"
    if least is None:
        return f"up to {money(most, currency)}"
    low, high = scaled(least), scaled(most)
    first = low[0] if low[1] == high[1] else " ".join(filter(None, low))
    upper = money(most, currency)
    return upper if low == high else f"{first}–{upper}"


def scaled(value: float) -> tuple[str, str]:
    """A large number and its unit, `("1.9", "M")`; without a unit below a thousand."""
    if abs(value) >= _LARGEST:
        return f"{value:.1e}", ""
    for size, unit in _SCALES:
        # What would be rounded to 1,000 of a unit becomes 1 of the next.
        if abs(value) >= size * 0.9995:
            scaled = value / size
            return (f"{scaled:,.0f}" if abs(scaled) >= 99.95 else _trimmed(scaled)), unit  # noqa: PLR2004 - rounds to three digits
    return f"{value:,.0f}", ""


def _trimmed(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def size(count: int) -> str:
    """Bytes as people read them: `12.4 MB`."""
    value = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000:  # noqa: PLR2004 - the next unit begins
            return f"{value:,.0f} {unit}" if unit == "bytes" else f"{value:,.1f} {unit}"
        value /= 1000
    return f"{value:,.1f} TB"
