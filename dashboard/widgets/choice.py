"""Choices that are in the URL by name; a link with an unknown one falls back to the default, and
says so.

Streamlit writes what a viewer sees into the URL. So if that is a label, the bound widget is a
hidden text, and the visible widget sets it.
"""

from collections.abc import Mapping, Sequence

import streamlit as st


def segments(
    label: str,
    names: Sequence[str],
    *,
    key: str,
    default: str | None = None,
    help: str | None = None,  # noqa: A002 - as Streamlit calls it
    is_labelled: bool = True,
) -> str:
    """One of a few names side by side, shown as they are; initially `default`, else the first."""
    given = st.query_params.get(key)
    chosen = st.segmented_control(
        label,
        names,
        default=default or names[0],
        required=True,
        key=key,
        bind="query-params",
        help=help,
        label_visibility="visible" if is_labelled else "collapsed",
    )
    if given and given not in names:
        _left_out(key, names)
    return chosen if chosen in names else default or names[0]


def pick(label: str, labels: Mapping[str, str], *, key: str, width: int) -> str:
    """One of these names, shown by its label; initially the first."""
    first = next(iter(labels))
    named = _in_url(key, first)
    if named not in labels:
        _left_out(key, labels)
    st.session_state[f"{key}_seen"] = named if named in labels else first
    chosen: str = st.selectbox(
        label,
        tuple(labels),
        format_func=labels.__getitem__,
        key=f"{key}_seen",
        on_change=_take_over,
        args=(key,),
        label_visibility="collapsed",
        width=width,
    )
    return chosen


def pick_several(
    label: str, labels: Mapping[str, str], first: Sequence[str], *, key: str
) -> list[str]:
    """Several of these names, in the order chosen, shown by their labels; `first` if none are
    chosen."""
    named = [name.strip() for name in _in_url(key, ",".join(first)).split(",") if name.strip()]
    known = [name for name in dict.fromkeys(named) if name in labels]
    if len(known) < len(named):
        _left_out(key, labels)
    st.session_state[f"{key}_seen"] = known or list(first)
    chosen: list[str] = st.multiselect(
        label,
        tuple(labels),
        format_func=labels.__getitem__,
        key=f"{key}_seen",
        on_change=_take_over,
        args=(key,),
    )
    return chosen


def _in_url(key: str, default: str) -> str:
    """The value of a URL parameter; `look` hides the widget."""
    with st.container(key=f"in_url_{key}"):
        return st.text_input(
            key, default, key=key, bind="query-params", label_visibility="collapsed"
        )


def _take_over(key: str) -> None:
    seen: str | list[str] = st.session_state[f"{key}_seen"]
    st.session_state[key] = seen if isinstance(seen, str) else ",".join(seen)


def _left_out(key: str, names: Sequence[str] | Mapping[str, str]) -> None:
    st.caption(f"Ignored: {key} may be {', '.join(names)}.")
