"""The filters in an address, and what is said where none can be applied."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import streamlit as st

from models.filters.names import FILTERS

Given = dict[str, str | list[str]]
"""Parameters of an address: a value, or several."""


def parameters() -> Given:
    """The filters in the address, whatever their operator, each with its value or values."""
    found: Given = {}
    for parameter in st.query_params:
        if name_of(parameter) in FILTERS:
            values = [value for value in st.query_params.get_all(parameter) if value.strip()]
            if values:
                found[parameter] = values[0] if len(values) == 1 else values
    return found


def say_ignored(own: Collection[str] = ()) -> None:
    """On a page without a bar: say which filters in its address it doesn't have. `own` are
    parameters that the page reads for itself.
    """
    ignored = not_here(one for one in parameters() if one not in own)
    if ignored:
        st.caption(f"Ignored: {'; '.join(dict.fromkeys(ignored))}.")


def not_here(given: Iterable[str]) -> list[str]:
    """For each filter among these parameters, the words that it is none of a screen's."""
    names = [name_of(one) for one in given if name_of(one) in FILTERS]
    return [f"this screen has no filter {FILTERS[name].label}" for name in names]


def refusal(given: Iterable[str]) -> str | None:
    """For a route that takes no filters: a sentence if one of its parameters is a filter."""
    named = sorted({name_of(one) for one in given if name_of(one) in FILTERS})
    return f"No filters can be applied here. Leave out {', '.join(named)}." if named else None


def name_of(parameter: str) -> str:
    """The filter's name in `utm_source.not`."""
    return parameter.partition(".")[0]


def values_of(given: Mapping[str, str | list[str]], parameter: str) -> Sequence[str]:
    """The values of a parameter; none if it is not there."""
    value = given.get(parameter, ())
    return [value] if isinstance(value, str) else value


def address() -> dict[str, list[str]]:
    """All parameters of the address, for returning to it."""
    found = {name: st.query_params.get_all(name) for name in st.query_params}
    return {name: values for name, values in found.items() if values}
