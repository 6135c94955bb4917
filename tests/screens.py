"""Every screen for whoever walks through all of them: where it is, whether it is well."""

from urllib.parse import quote

from playwright.sync_api import Page, expect
from sqlalchemy import select

from models.storage.database import Database
from models.tables import COMPANY, LEAD, SESSION

NAMES = (
    "live", "leads", "lead", "sessions", "session", "companies", "company", "emails", "campaigns",
    "rules", "scoring", "dictionary", "operations",
)  # fmt: skip


def addresses(database: Database) -> dict[str, str]:
    """Path of each screen by name; details are of whoever there is most to tell about."""
    with database.read() as db:
        busiest = LEAD.c.sessions.desc(), LEAD.c.pageviews.desc(), LEAD.c.key
        lead = db.execute(
            select(LEAD.c.key).where(LEAD.c.company_key.is_not(None)).order_by(*busiest)
        ).scalar()
        longest = SESSION.c.pageviews.desc().nulls_last(), SESSION.c.sid
        sid = db.execute(select(SESSION.c.sid).order_by(*longest)).scalar()
        company = db.execute(
            select(COMPANY.c.key).join(LEAD, LEAD.c.company_key == COMPANY.c.key).order_by(*busiest)
        ).scalar()
    details = {
        "lead": f"/leads?lead={quote(lead or '', safe='')}",
        "session": f"/sessions?sid={quote(sid or '', safe='')}",
        "company": f"/companies?company={quote(company or '', safe='')}",
    }
    return {name: details.get(name, "/" if name == "live" else f"/{name}") for name in NAMES}


def settle(page: Page) -> None:
    """Return when the page has its heading, and nothing of it is still on its way."""
    page.get_by_role("heading", level=1).first.wait_for(timeout=30_000)
    page.wait_for_function("!document.querySelector('[data-test-script-state=running]')")
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=30_000)


def faults(page: Page) -> list[str]:
    """What can be told without looking: a part that failed, a page wider than its window."""
    boxes = page.get_by_test_id("stException").or_(page.get_by_text("could not be shown"))
    found = [f"failed: {text}" for text in boxes.all_text_contents()]
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [*found, f"{width} px too wide"] if width > 0 else found
