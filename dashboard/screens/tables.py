"""Every table whose rows come by the route of rows, by its name there."""

from dashboard.screens.companies.table import COMPANIES, EMPLOYERS
from dashboard.screens.emails.table import EMAILS
from dashboard.screens.leads.table import LEADS
from dashboard.screens.operations.tables import AUDIT, QUARANTINE
from dashboard.screens.sessions.table import SESSIONS

TABLES = {
    one.name: one for one in (LEADS, SESSIONS, COMPANIES, EMPLOYERS, EMAILS, QUARANTINE, AUDIT)
}
