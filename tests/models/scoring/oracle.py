"""Scores as their formulas say, written apart from the product: slow, one human at a time.

It reads visits, page events, people and companies as they are kept, and nothing that scores keep.
"""

import math
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from unicodedata import normalize
from urllib.parse import unquote, urlsplit

from sqlalchemy import Connection, select

from models.facts.keys import iso2
from models.facts.search import fold
from models.tables import COMPANY, EVENT, LEAD, PAGE_EVENT, SESSION

Row = dict[str, Any]
DAY = 86_400_000


@dataclass
class Scored:
    fit: int | None
    known: int | None
    intent: int
    grade: str


def rows(db: Connection, table: Any) -> list[Row]:
    return [dict(row) for row in db.execute(select(table)).mappings()]


class Oracle:
    """All scores by a definition, as of any moment."""

    def __init__(self, db: Connection, text: str) -> None:
        self.told: dict[tuple[str, int], Scored] = {}
        tree = tomllib.loads(text)
        self.fit = tree.get("fit", {})
        self.intent: dict[str, Any] = {
            "half_life_days": 7,
            "return_visit": 0,
            "signals": {},
            "pages": [],
        }
        self.intent |= tree.get("intent", {})
        self.leads = {row["key"]: row for row in rows(db, LEAD)}
        self.companies = {row["key"]: row for row in rows(db, COMPANY)}
        heard = {row["webhook_id"]: row for row in rows(db, EVENT)}
        pages: dict[str, list[Row]] = defaultdict(list)
        for page in sorted(rows(db, PAGE_EVENT), key=lambda page: page["place"]):
            pages[page["sid"]].append(page)
        visits: dict[str, list[Row]] = defaultdict(list)
        for visit in rows(db, SESSION):
            told_by = (visit["rank"] or visit["vid_rank"]).split("\x01")[-1]
            event = heard[told_by]
            visit["latest"] = min(event["created"], event["received_at"])
            visit["pages"] = pages[visit["sid"]]
            visits[visit["lead"]].append(visit)
        self.visits = {
            lead: sorted(its, key=lambda visit: (visit["started_at"], visit["sid"]))
            for lead, its in visits.items()
        }

    def scored(self, lead: str, moment: int) -> Scored:
        if (lead, moment) not in self.told:
            self.told[lead, moment] = self._scored(lead, moment)
        return self.told[lead, moment]

    def _scored(self, lead: str, moment: int) -> Scored:
        fit, known = self.fit_of(self.leads[lead])
        intent = self.intent_of(lead, moment)
        letter = "?" if fit is None else "A" if fit >= 80 else "B" if fit >= 60 else "C"
        letter = "D" if fit is not None and fit < 40 else letter
        figure = "1" if intent >= 60 else "2" if intent >= 35 else "3" if intent >= 10 else "4"
        return Scored(fit, known, intent, letter + figure)

    def fit_of(self, lead: Row) -> tuple[int | None, int | None]:
        whole = known = met = Fraction(0)
        for name, told in self.fit.items():
            weight = Fraction(told["weight"])
            whole += weight
            x = self.share(told, self.value(name, lead))
            if x is not None:
                known += weight
                met += weight * x
        if not whole:
            return None, None
        share = math.floor(100 * known / whole + Fraction(1, 2))
        if known < whole / 2:
            return None, share
        return math.floor(100 * met / known + Fraction(1, 2)), share

    def value(self, name: str, lead: Row) -> Any:
        company = self.companies.get(lead["company_key"], {})
        if name in {"seniority", "department"}:
            return lead[name]
        if name == "title":
            return lead["job_title"]
        column = {
            "employees": "employee_count", "industry": "industry", "country": "country",
            "growth": "headcount_growth_yoy", "funding": "last_round_type",
        }[name]  # fmt: skip
        found = company.get(column)
        return lead["country"] if found is None and name == "country" else found

    @staticmethod
    def share(told: Row, value: Any) -> Fraction | None:
        if value is None:
            return None
        if "any" in told:
            # As filters compare: a country's name means its code.
            same = {fold(word) for word in told["any"]} | {fold(iso2(w) or w) for w in told["any"]}
            return Fraction(fold(value) in same)
        if "has" in told:
            return Fraction(any(fold(word) in fold(value) for word in told["has"]))
        number = Fraction(value)
        (low, high), (least, most) = (map(Fraction, told[end]) for end in ("full", "zero"))
        if low <= number <= high:
            return Fraction(1)
        if number <= least or number >= most:
            return Fraction(0)
        return (number - least) / (low - least) if number < low else (most - number) / (most - high)

    def intent_of(self, lead: str, moment: int) -> int:
        return math.floor(100 * (1 - 2 ** (-self.raw(lead, moment) / 20)) + 0.5)

    def raw(self, lead: str, moment: int) -> float:
        half_life = self.intent["half_life_days"] * DAY
        its = self.visits[lead]
        points: list[tuple[float, float]] = []
        for visit in its[-200:]:
            if visit["is_bot"]:
                continue
            if visit is not its[0]:
                points.append((visit["started_at"], self.intent["return_visit"]))
                points[-1] = (min(points[-1][0], visit["latest"]), points[-1][1])
            for at, how_many in self.of_visit(visit):
                points.append((min(at, visit["latest"]), how_many))
        return float(
            sum(many * 2 ** (-(moment - at) / half_life) for at, many in points if at <= moment)
        )

    def of_visit(self, visit: Row) -> list[tuple[int, float]]:
        if not visit["finalized"]:
            rule = self.rule(visit["landing_page"])
            is_so = rule is not None and rule.get("min_seconds", 0) == 0
            return [(visit["started_at"], rule["points"])] if rule and is_so else []
        found: dict[str, tuple[int, float]] = {}
        ordered = sorted(visit["pages"], key=lambda page: page["ts"])
        views = [page for page in ordered if page["signal"] == "pageview"]
        for number, page in enumerate(views):
            rule = self.rule(page["url"])
            if rule is None:
                continue
            is_last = number + 1 == len(views)
            end = visit["last_activity"] if is_last else views[number + 1]["ts"]
            if rule.get("min_seconds", 0) and end - page["ts"] < rule["min_seconds"] * 1000:
                continue
            found.setdefault(f"page {rule['path']}", (page["ts"], rule["points"]))
        for page in ordered:
            if page["signal"] in self.intent["signals"]:
                points = self.intent["signals"][page["signal"]]
                found.setdefault(f"signal {page['signal']}", (page["ts"], points))
        return list(found.values())

    def rule(self, url: str | None) -> Row | None:
        if not url:
            return None
        try:
            path = parts(urlsplit(url.strip()).path)
        except ValueError:
            return None
        rules: list[Row] = self.intent["pages"]
        fitting = [
            rule
            for rule in rules
            if rule["path"] != "*"
            and (its := parts(rule["path"])) == path[: len(its)]
            and (its or not path)
        ]
        if fitting:
            return max(fitting, key=lambda rule: len("/".join(parts(rule["path"]))))
        return next((rule for rule in rules if rule["path"] == "*"), None)


def parts(path: str) -> list[str]:
    text = normalize("NFC", unquote(path).replace("\0", "\ufffd"))
    return [part for part in text.split("/") if part]
