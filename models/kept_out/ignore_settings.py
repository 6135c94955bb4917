"""Who is not to be kept, by the lists in the settings."""

from models.facts.ignored import Ignoring, lists
from models.settings import Settings


def ignoring(chosen: Settings) -> Ignoring:
    """The lists as the settings have them."""
    return lists(
        chosen.ignore_email_domains, chosen.ignore_companies, chosen.ignore_ips, eu=chosen.ignore_eu
    )
