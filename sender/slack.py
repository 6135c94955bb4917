"""A message as Slack's incoming webhooks take it: blocks, each within Slack's limits.

Text from outside goes into plain text objects, in which Slack sees no mark-up, links or mentions; a
name with such marks stays text.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ContextBlock,
    HeaderBlock,
    LinkButtonElement,
    PlainTextObject,
    SectionBlock,
)

from models.exports.lookup import Found
from models.rules.messages import Message

EVERY_S = 1.0
"""Slack takes one message a second from a webhook."""

_LONGEST_HEADER, _LONGEST_SECTION, _LONGEST_LINE, _LONGEST_URL = 150, 3000, 500, 3000
_MOST_BLOCKS = 50
_MOST_PAGES, _LONGEST_PAGE = 8, 300


def body(message: Message) -> bytes:
    """The body of a message, JSON in UTF-8."""
    title, blocks = _title(message), list(_blocks(message))[:_MOST_BLOCKS]
    whole: dict[str, Any] = {
        # What a notification shows; here Slack would interpret mark-up.
        "text": _escaped(_cut(title, _LONGEST_LINE)),
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": [block.to_dict() for block in blocks],
    }
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


def headers(_message: Message, _sent: bytes, _secrets: Mapping[str, str]) -> dict[str, str]:
    """The headers."""
    return {"content-type": "application/json; charset=utf-8", "user-agent": "visitor-desk"}


def _blocks(message: Message) -> Iterable[Block]:
    yield HeaderBlock(text=_text(_title(message), _LONGEST_HEADER))
    if message.lead is not None:
        who = _who(message.lead, message.size)[1:]  # the title has the name
        if who:
            yield _section(who)
        why = [f"• {reason}" for reason in message.reasons]
        if why:
            yield _section([_grade(message.lead), *why])
        pages = list(_pages(message))
        if pages:
            yield _section([f"Pages, by the clocks of {message.zone}", *pages[-_MOST_PAGES:]])
    if message.others:
        people = [f"• {' · '.join(_who(one, None))}" for one in message.others]
        yield _section(["Who else" if message.lead else "Who", *people])
    owner = (message.lead or {}).get("owner")
    words = "Open all" if message.kind == "roll-up" else "Open" if owner else "Open and take"
    if len(message.url) <= _LONGEST_URL:
        link = LinkButtonElement(text=PlainTextObject(text=words, emoji=False), url=message.url)
        yield ActionsBlock(elements=[link])
    context = [f"Rule {message.rule}"]
    if message.lead is not None:
        context = [message.may_write, *([f"Owner: {owner}"] if owner else []), *context]
    yield ContextBlock(elements=[_text(" · ".join(context), _LONGEST_LINE)])


def _title(message: Message) -> str:
    match message.kind:
        case "roll-up":
            return f"{message.total:,} more matched {message.rule}"
        case "company":
            where = (message.lead or {}).get("company") or "One company"
            return f"{where}: {message.total:,} people"
        case "test":
            return f"Test: {_name(message.lead or {})}"
        case _:
            return _name(message.lead or {})


def _name(lead: Found) -> str:
    return str(lead.get("full_name") or lead.get("email") or "Somebody without a name")


def _who(lead: Found, size: float | None) -> list[str]:
    """Lines that say who somebody is."""
    people = f" ({size:,.0f} people)" if size else ""
    company = f"{lead['company']}{people}" if lead.get("company") else None
    place = ", ".join(filter(None, (lead.get("city"), lead.get("country"))))
    lines = (
        _name(lead), lead.get("job_title"), company, place, lead.get("email"), lead.get("phone"),
    )  # fmt: skip
    return [_cut(line, _LONGEST_LINE) for line in dict.fromkeys(filter(None, lines))]


def _pages(message: Message) -> Iterable[str]:
    """Lines that say which pages somebody saw, and when."""
    for page in (message.visit or {}).get("pages", ()):
        at = datetime.fromisoformat(page["at"]).astimezone(message.zone)
        yield _cut(f"{at:%H:%M:%S} {page['url']}", _LONGEST_PAGE)


def _grade(lead: Found) -> str:
    """How much somebody matters, as far as the destination may know."""
    if not lead.get("grade"):
        return "Why now"
    fit = "not known" if lead.get("fit") is None else lead["fit"]
    return f"Grade {lead['grade']}: fit {fit}, intent {lead.get('intent') or 0}"


def _section(lines: Iterable[str]) -> SectionBlock:
    return SectionBlock(text=_text("\n".join(lines), _LONGEST_SECTION))


def _text(text: str, longest: int) -> PlainTextObject:
    return PlainTextObject(text=_cut(text, longest), emoji=False)


def _cut(text: str, longest: int) -> str:
    """Text of at most this many characters as Slack counts them (UTF-16), and never empty."""
    text = text.strip() or "–"
    while len(text.encode("utf-16-le", "replace")) // 2 > longest:
        text = f"{text[: min(len(text) - 2, longest - 1)]}…"
    return text


def _escaped(text: str) -> str:
    """Text made safe where Slack would interpret mentions, links or mark-up."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.replace("://", ":\u200b//")
