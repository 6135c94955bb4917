"""A definition written as text, in one spelling: what the form saves."""

import json

from models.scoring.definition import ANY_OTHER, CRITERIA, Criterion, Definition, PageRule


def quoted(text: str) -> str:
    """Text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def text_of(definition: Definition) -> str:
    """The text for this definition; reading it gives the same definition."""
    lines = ["[fit]", *(_criterion(one) for one in definition.fit), ""] if definition.fit else []
    signals = ", ".join(
        f"{quoted(name)} = {_number(points)}" for name, points in definition.signals.items()
    )
    lines += [
        "[intent]",
        f"half_life_days = {_number(definition.half_life_days)}",
        f"return_visit = {_number(definition.return_visit)}",
        f"signals = {{ {signals} }}" if signals else "signals = {}",
        "pages = [",
        *(f"  {_page(rule)}," for rule in definition.pages),
        "]",
    ]
    return "\n".join(lines) + "\n"


def _criterion(one: Criterion) -> str:
    told = [f"weight = {_number(one.weight)}"]
    if CRITERIA[one.name] == "range":
        for name, ends in (("full", one.full), ("zero", one.zero)):
            told.append(f"{name} = [{', '.join(map(_number, ends))}]")
    else:
        key = "has" if CRITERIA[one.name] == "part" else "any"
        told.append(f"{key} = [{', '.join(map(quoted, one.given))}]")
    return f"{one.name} = {{ {', '.join(told)} }}"


def _page(rule: PageRule) -> str:
    # A path is read decoded.
    path = rule.path if rule.path == ANY_OTHER else rule.path.replace("%", "%25")
    least = f", min_seconds = {_number(rule.min_seconds)}" if rule.min_seconds else ""
    return f"{{ path = {quoted(path)}, points = {_number(rule.points)}{least} }}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
