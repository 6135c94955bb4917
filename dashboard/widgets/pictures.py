"""Which photos and logos may be loaded: those on hosts that `IMAGE_HOSTS` names, and by https."""

from dashboard.data.settings import settings


def picture(url: str | None) -> str | None:
    """The address of a photo or logo if a browser may load it, else None.

    Up to the slash after the host, it must be spelled exactly `https://host/`. So there is no room
    for a port, a user name or anything else that two URL parsers could read differently.
    """
    allowed = tuple(f"https://{host}/" for host in settings().image_hosts)
    return url if url and url.lower().startswith(allowed) else None
