"""Components from the files in `assets`: shared ones first, then each component's own.

Shared files are in `assets` here, a component's own files in `assets` next to its module.
"""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.data.settings import settings

_SHARED = Path(__file__).parent / "assets"
_SHARED_SCRIPTS = tuple(_SHARED / name for name in ("format.js", "dom.js", "annotating.js"))


def component(
    name: str, html: str, *, beside: str, scripts: tuple[str, ...], style: str | tuple[str, ...]
) -> Any:
    """Register a component; returns the function that mounts it.

    `beside` is the module (its `__file__`) next to whose `assets` its own files are; `scripts` run
    as one module, in their order; the last one has the `export default`.
    """
    own = Path(beside).parent / "assets"
    styles = (style,) if isinstance(style, str) else style
    return st.components.v2.component(
        f"visitor_desk_{name}",
        html=html,
        css=_text(_SHARED / "common.css", *(own / one for one in styles)),
        js=_in_zone(_text(*_SHARED_SCRIPTS, *(own / script for script in scripts))),
    )


def _in_zone(scripts: str) -> str:
    """Scripts preceded by the desk's time zone: browsers have one of their own."""
    return f"const ZONE = {json.dumps(settings().time_zone)}\n{scripts}"


_LONGEST, _MOST = 20_000, 1_000


def bounded(data: Any) -> Any:
    """A component's data, with no text or list larger than a page can show.

    Some of it was written by visitors, and one of their pages must not fill everybody's browser.
    """
    if isinstance(data, str):
        return data if len(data) <= _LONGEST else f"{data[:_LONGEST]}…"
    if isinstance(data, dict):
        return {name: bounded(value) for name, value in data.items()}
    if isinstance(data, list | tuple):
        return [bounded(value) for value in data[:_MOST]]
    return data


def key_of(name: str, text: str) -> str:
    """The key for a component that shows what a text from the data identifies, such as a lead.

    Streamlit refuses keys with two underscores in a row, and turns each key into a CSS class: what
    visitors and their browsers wrote must not be in one.
    """
    return f"{name}_{sha256(text.encode('utf-8', 'replace')).hexdigest()[:32]}"


def _text(*files: Path) -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in files)
