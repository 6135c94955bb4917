"""Filters as a plain reading of their words: over rows in memory, one at a time, without SQL.

It reads what visitors sent, not what is folded or looked up by an index.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from models.facts.channels import referrer_host
from models.facts.keys import domain_key
from models.facts.paths import page_of, path_of
from models.facts.search import asked as words_of
from models.facts.search import fold
from models.filters.comparing import spelled
from models.filters.names import FILTERS, NONE
from models.filters.query import Condition, Question
from models.payloads.vocabulary import STAGES
from models.scoring.versions import newest
from models.tables import (
    ADDRESS,
    COMPANY,
    LEAD,
    LEAD_ADDRESS,
    LIST_ENTRY,
    PAGE_EVENT,
    SESSION,
)
from tests.models.filters import plain_kept as kept
from tests.models.filters.plain_comparing import (
    address_has,
    country_is,
    host_is,
    is_bot,
    is_called,
    page_has,
    text_is,
    verdict_is,
    within,
    word_is,
)
from tests.models.scoring.oracle import Oracle

Row = dict[str, Any]
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
KNOWN_WELL = sum(1 << STAGES[name] for name in ("qualified", "enriched", "validated"))


def rows(db: Connection, table: Any) -> list[Row]:
    return [dict(row) for row in db.execute(select(table)).mappings()]


class World:
    """All rows, and whose they are."""

    def __init__(self, db: Connection, past: dict[str, float]) -> None:
        self.past = past
        self.scores = Oracle(db, newest(db).text)
        self.visits = rows(db, SESSION)
        self.leads = {lead["key"]: lead for lead in rows(db, LEAD)}
        self.companies = {company["key"]: company for company in rows(db, COMPANY)}
        self.held = rows(db, LEAD_ADDRESS)
        self.entries = rows(db, LIST_ENTRY)
        self.addresses = {row["address"]: row for row in rows(db, ADDRESS)}
        self.visits_of: dict[str, list[Row]] = defaultdict(list)
        for visit in self.visits:
            self.visits_of[visit["lead"]].append(visit)
        seen: dict[str, list[str]] = defaultdict(list)
        for viewed in rows(db, PAGE_EVENT):
            seen[viewed["sid"]].append(viewed["url"])
        self.paths = {
            visit["sid"]: {
                path
                for url in [visit["landing_page"], *seen[visit["sid"]]]
                if url and (page := page_of(url)) and (path := page.path[:500])
            }
            for visit in self.visits
        }

    # Which rows are chosen

    def chosen_leads(self, asked: Question) -> set[str]:
        return {
            key
            for key, lead in self.leads.items()
            if within(lead["last_seen"], asked)
            and self.lead_matches(lead, list(asked.filters), asked)
        }

    def chosen_visits(self, asked: Question) -> set[str]:
        touch = asked.filters.one("touch")
        found = set()
        for visit in self.visits:
            own, of_touch, others = [], [], []
            for one in asked.filters:
                is_own = FILTERS[one.name].about == "visit" or one.name in {"country", "stage"}
                if touch and one.name in {*UTM, "channel", "referrer_host"}:
                    of_touch.append(one)
                elif is_own:
                    own.append(one)
                elif one.name != "touch":
                    others.append(one)
            lead = self.leads[visit["lead"]]
            is_so = within(visit["last_activity"], asked)
            is_so = is_so and all(self.visit_matches(visit, one, asked) for one in own)
            if is_so and of_touch:
                came_by = self.touch(lead, touch, asked.until)
                is_so = came_by is not None and all(
                    self.visit_matches(came_by, one, asked) for one in of_touch
                )
            in_segments = [one for one in others if (one.name, one.operator) == ("segment", "is")]
            others = [one for one in others if one not in in_segments]
            is_so = is_so and all(
                any(kept.shows(self, visit, asked.segment(name)) for name in one.values)
                for one in in_segments
            )
            if is_so and self.lead_matches(lead, others, asked):
                found.add(visit["sid"])
        return found

    def chosen_addresses(self, asked: Question) -> set[tuple[str, str]]:
        own = [one for one in asked.filters if one.name == "validity"]
        others = [one for one in asked.filters if one.name != "validity"]
        return {
            (row["address"], row["lead"])
            for row in self.held
            if within(self.leads[row["lead"]]["last_seen"], asked)
            and all(self.verdict_matches(row, one) for one in own)
            and self.lead_matches(self.leads[row["lead"]], others, asked)
        }

    def chosen_companies(self, asked: Question) -> set[str]:
        names = {"q", "company", "country"}
        own = [c for c in asked.filters if FILTERS[c.name].about == "employer" or c.name in names]
        others = [one for one in asked.filters if one not in own]
        about_people = [one for one in others if one.name not in {"since", "until", "touch"}]
        found = set()
        for key, company in self.companies.items():
            people = [lead for lead in self.leads.values() if lead["company_key"] == key]
            seen = max((lead["last_seen"] for lead in people), default=None)
            if asked.filters.sets("since", "until") and (seen is None or not within(seen, asked)):
                continue
            theirs = [one for one in others if one.name not in {"since", "until"}]
            if about_people and not any(self.lead_matches(p, theirs, asked) for p in people):
                continue
            if all(self.company_matches(company, one) for one in own):
                found.add(key)
        return found

    # Whether one matches

    def lead_matches(self, lead: Row, conditions: list[Condition], asked: Question) -> bool:
        of_visits = [one for one in conditions if FILTERS[one.name].about == "visit"]
        if any(one.name != "bots" for one in of_visits):
            of_visits += [one for one in conditions if one.name == "country"]
        touch = next((one.values[0] for one in conditions if one.name == "touch"), None)
        if not self._visits_match(lead, of_visits, touch, asked):
            return False
        for one in conditions:
            if one in of_visits or one.name in {"since", "until", "touch"}:
                continue
            if FILTERS[one.name].about == "employer":
                company = self.companies.get(lead["company_key"] or "")
                if not (company_matches(company, one) if company else nowhere_matches(one)):
                    return False
            elif not self.person_matches(lead, one, asked):
                return False
        return True

    def _visits_match(
        self, lead: Row, conditions: list[Condition], touch: str | None, asked: Question
    ) -> bool:
        its = self.visits_of[lead["key"]]
        if touch and conditions:
            came_by = self.touch(lead, touch, None)
            return came_by is not None and all(
                self.visit_matches(came_by, one, asked) for one in conditions
            )
        together = [
            one
            for one in conditions
            if one.operator != "not" and (one.name, one.values) != ("bots", ("only",))
        ]
        if together and not any(
            all(self.visit_matches(visit, one, asked) for one in together) for visit in its
        ):
            return False
        for one in conditions:
            if one.name == "bots" and one.values == ("only",):
                if not all(is_bot(visit) for visit in its):
                    return False
            elif one.operator == "not" and any(self.visit_is(visit, one, asked) for visit in its):
                return False
        return True

    def touch(self, lead: Row, which: str | None, until: int | None) -> Row | None:
        its = sorted(self.visits_of[lead["key"]], key=lambda v: (v["started_at"], v["sid"]))
        begun = [visit for visit in its if until is None or visit["started_at"] <= until]
        tagged = [visit for visit in begun if any(visit[name] for name in UTM)]
        those = tagged or begun
        if not those:
            return None
        return those[0] if which == "first" else those[-1]

    def visit_matches(self, visit: Row, one: Condition, asked: Question) -> bool:
        is_so = self.visit_is(visit, one, asked)
        return not is_so if one.operator == "not" else is_so

    def visit_is(self, visit: Row, one: Condition, asked: Question) -> bool:  # noqa: PLR0912 - a rule a filter
        match one.name:
            case "bots":
                return one.values[0] == "show" or is_bot(visit) == (one.values[0] == "only")
            case "live":
                is_late = visit["heard_at"] >= asked.when.ms - 30 * 60_000
                return is_late and not visit["finalized"]
            case "hot":
                return ("yes" if visit["hot"] else "no") in one.values
            case "visit":
                first = self.leads[visit["lead"]]["first_seen"]
                return ("new" if visit["started_at"] <= first else "returning") in one.values
            case "click_id":
                return any(
                    visit[name] is not None and (name in one.values or "any" in one.values)
                    for name in ("gclid", "fbclid")
                )
            case "page":
                return self._saw(self.paths[visit["sid"]], one)
            case "stage":
                return visit["stage"] in {STAGES[word] for word in one.values}
            case "min_bot_score" | "min_pages" | "min_duration":
                names = {"min_bot_score": "bot_score", "min_pages": "pageviews"}
                number = visit[names.get(one.name, "duration_seconds")]
                return number is not None and number >= int(one.values[0])
            case "referrer" | "landing_page":
                return address_has(visit[one.name], one)
            case "referrer_host":
                return host_is(referrer_host(visit["referrer"], visit["landing_page"]), one)
            case "country":
                return country_is(visit["country"], one)
            case "channel" | "device" | "pid":
                return word_is(visit[one.name], one)
            case _:
                return text_is(visit[one.name], one)

    def _saw(self, paths: set[str], one: Condition) -> bool:
        if one.operator == "has":
            return any(page_has(path, one) for path in paths)
        for value in one.values:
            if value == NONE:
                if not paths:
                    return True
                continue
            top = path_of(value)[:500]
            if any(p == top or (top != "/" and p.startswith(f"{top}/")) for p in paths):
                return True
        return False

    def person_matches(self, lead: Row, one: Condition, asked: Question) -> bool:
        is_so = self.person_is(lead, one, asked)
        return not is_so if one.operator == "not" else is_so

    def score_is(self, lead: Row, one: Condition, asked: Question) -> bool:
        said = self.scores.scored(lead["key"], asked.when.ms)
        if one.name == "grade":
            return any(all(mark in said.grade for mark in value) for value in one.values)
        score = said.fit if one.name == "fit_min" else said.intent
        return score is not None and score >= int(one.values[0])

    def person_is(self, lead: Row, one: Condition, asked: Question) -> bool:  # noqa: PLR0912 - a rule a filter
        match one.name:
            case "q":
                held = lead["search"].split()
                given = words_of(one.values[0])
                return bool(given) and all(
                    any(word.startswith(begin) for word in held) for begin in given
                )
            case "grade" | "fit_min" | "intent_min":
                return self.score_is(lead, one, asked)
            case "new_since":
                moment = asked.moment("new_since")
                return moment is not None and lead["first_seen"] >= moment
            case "job_title":
                return text_is(lead["job_title"], one)
            case "stage":
                return lead["stage"] in {STAGES[word] for word in one.values}
            case "country":
                return country_is(lead["country"], one)
            case "validity":
                if lead["email"] is None:
                    return False
                verdict = verdict_is(lead["email_validity"], one)
                held_as = [
                    row["status"]
                    for row in self.held
                    if (row["address"], row["lead"]) == (lead["email"], lead["key"])
                ]
                return verdict or (
                    "error" in map(str.casefold, one.values) and held_as == ["error"]
                )
            case "segment":
                return any(kept.is_in(self, lead, asked.segment(name)) for name in one.values)
            case "list":
                return any(kept.is_on(self, lead, name) for name in one.values)
            case "owner" | "status":
                return is_said(lead, one)
            case "leads":
                return self._is_known(lead, one, asked)
            case "company":
                return self._works_at(lead, one)
            case _:
                return word_is(lead[one.name], one)

    def _is_known(self, lead: Row, one: Condition, asked: Question) -> bool:
        if not any(lead[name] for name in ("full_name", "email", "linkedin_url")):
            return False
        kinds = {
            "identified": True,
            "new": within(lead["first_seen"], asked),
            "employed": bool(lead["company_key"] or lead["company_name"]),
            "qualified": bool(lead["stages"] & KNOWN_WELL),
        }
        return any(kinds[word] for word in one.values)

    def _works_at(self, lead: Row, one: Condition) -> bool:
        is_nowhere = not lead["company_key"] and not lead["company_name"]
        if is_nowhere and NONE in one.values and one.operator != "has":
            return True
        company = self.companies.get(lead["company_key"] or "")
        if company:
            return company_is(company, one)
        return bool(lead["company_name"]) and is_called(lead["company_name"], one)

    def verdict_matches(self, row: Row, one: Condition) -> bool:
        known = self.addresses.get(row["address"])
        is_so = verdict_is(known["validity"] if known else None, one)
        is_so = is_so or ("error" in map(str.casefold, one.values) and row["status"] == "error")
        return not is_so if one.operator == "not" else is_so

    def company_matches(self, company: Row, one: Condition) -> bool:
        if one.name == "q":
            return company_is(company, Condition("q", "has", one.values))
        if one.name == "company":
            is_so = company_is(company, one)
        elif one.name == "country":
            is_so = country_is(company["country"], one)
        else:
            return company_matches(company, one)
        return not is_so if one.operator == "not" else is_so


def company_is(company: Row, one: Condition) -> bool:
    key = company["key"]
    if one.operator == "has":
        is_part = any(fold(value) in key for value in one.values)
        return is_called(company["name"], one) or (is_part and ":" not in key)
    given: Iterable[str] = (spelled(value) for value in one.values if value != NONE)
    keys = {name for text in given for name in (" ".join(text.lower().split()), domain_key(text))}
    return key in keys or is_called(company["name"], one)


def nowhere_matches(one: Condition) -> bool:
    """Whether somebody without an employer meets a condition on employers."""
    return text_is(None, one) is not (one.operator == "not")


def company_matches(company: Row, one: Condition) -> bool:
    match one.name:
        case "min_employees" | "max_employees" | "min_growth":
            number = company[
                "headcount_growth_yoy" if one.name == "min_growth" else "employee_count"
            ]
            if number is None:
                return False
            bound = int(one.values[0])
            return bool(number <= bound if one.name == "max_employees" else number >= bound)
        case "company_country":
            is_so = country_is(company["country"], one)
        case _:
            names = {"industry": "industry", "funding": "last_round_type"}
            is_so = text_is(company[names[one.name]], one)
    return not is_so if one.operator == "not" else is_so


def is_said(lead: Row, one: Condition) -> bool:
    if one.name == "status":
        return (lead["status"] or "new") in one.values
    return lead["owner"] in one.values or (NONE in one.values and lead["owner"] is None)
