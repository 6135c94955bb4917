"""Filters on a company, in SQL."""

from sqlalchemy import ColumnElement, FromClause

from models.filters.comparing import country_is, matches, text_is
from models.filters.query import Condition


def employer_matches(company: FromClause, one: Condition) -> ColumnElement[bool]:
    """Whether a company meets a condition; for `not`, one about which nothing is known does."""
    return matches(_is(company, one), company.c[_COLUMNS[one.name]], one)


def _is(company: FromClause, one: Condition) -> ColumnElement[bool]:
    """Whether a company has one of the values, whatever the operator."""
    column = company.c[_COLUMNS[one.name]]
    match one.name:
        case "company_country":
            return country_is(column, one)
        case "max_employees":
            return column <= int(one.values[0])
        case "min_employees" | "min_growth":
            return column >= int(one.values[0])
        case _:
            return text_is(column, one)


_COLUMNS = {
    "company_country": "country",
    "industry": "folded_industry",
    "funding": "folded_round",
    "min_employees": "employee_count",
    "max_employees": "employee_count",
    "min_growth": "headcount_growth_yoy",
}
