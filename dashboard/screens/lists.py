"""Every list whose rows come by the route of rows, by its name there."""

from dashboard.screens.companies.listed import COMPANIES, EMPLOYERS
from dashboard.screens.emails.listed import EMAILS
from dashboard.screens.leads.listed import LEADS
from dashboard.screens.operations.listed import AUDIT, QUARANTINE
from dashboard.screens.sessions.listed import SESSIONS

LISTS = {
    one.name: one for one in (LEADS, SESSIONS, COMPANIES, EMPLOYERS, EMAILS, QUARANTINE, AUDIT)
}
