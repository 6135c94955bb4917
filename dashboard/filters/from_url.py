"""The filters in a page's address."""

from collections.abc import Mapping, Sequence

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
