"""Settings, read from the environment and `.env`; the one place with every default.

Whoever starts a process reads them and passes on what is needed; nothing in the rooms of `models`
does.

A test compares docs/settings.md with this class.
"""

import re
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from models.facts.paths import HOT_PATHS, path_of
from models.storage.spool_folder import waiting_bytes

if TYPE_CHECKING:
    from models.facts.ignored import Ignoring

DEMO_DATABASE_URL = "sqlite:///data/demo.db"

_HOST_NAME = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?")
"""A public host name: no scheme, port or `*`, and no IP address, which ends in a digit."""

_HOST_OR_SCHEME = re.compile(r"[.:]")
"""What distinguishes a host or scheme from a path whose first slash is missing."""

ENV_FILE = Path(".env")


class Roles(BaseSettings):
    """Who gets in, with which role. Separate from the rest: a running dashboard reads these
    again.
    """

    model_config = SettingsConfigDict(
        env_file=ENV_FILE, env_ignore_empty=True, extra="ignore", hide_input_in_errors=True
    )

    role_viewer: str = Field(
        default="",
        description="Who sees Live, leads, sessions and companies: addresses or `@domain`, "
        "comma-separated.",
    )
    role_marketer: str = Field(
        default="",
        description="Who also sees campaigns, emails and the dictionary, and exports companies.",
    )
    role_ops: str = Field(
        default="",
        description="Who also sees operations and raw events, exports everything and replays.",
    )


class Settings(Roles):
    """All settings, each under the upper-case name of its field."""

    midbound_cloud_webhook_secret: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(),
        description="Signing secret `whsec_…`; several, comma-separated, while one is rotated.",
    )
    database_url: str = Field(
        default="sqlite:///data/visitor-desk.db",
        description="`sqlite:///path` or `postgresql://user:password@host/name`.",
    )
    database_read_url: str | None = Field(
        default=None,
        description="A replica that the dashboard reads from; empty: the database itself.",
    )
    receiver_host: str = Field(
        default="127.0.0.1", description="Address that the receiver listens on."
    )
    receiver_port: int = Field(
        default=8000, ge=1, le=65535, description="Port that the receiver listens on."
    )
    dashboard_host: str = Field(
        default="127.0.0.1", description="Address that the dashboard listens on."
    )
    dashboard_port: int = Field(
        default=8501, ge=1, le=65535, description="Port that the dashboard listens on."
    )
    dashboard_trust_network: bool = Field(
        default=False,
        description="`1` lets the dashboard listen beyond loopback: for a container whose port is "
        "published on 127.0.0.1 only.",
    )
    allowed_hosts: str = Field(
        default="",
        description="Host names besides loopback that the dashboard and the receiver's `/metrics` "
        "answer to, comma-separated.",
    )
    dashboard_url: str | None = Field(
        default=None,
        description="Address that people open the dashboard by, `https://desk.example.com`; its "
        "host name is a known one.",
    )
    oidc_metadata_url: str | None = Field(
        default=None,
        description="The login's provider: address of its `.well-known/openid-configuration`.",
    )
    oidc_client_id: str | None = Field(
        default=None, description="Name by which the provider knows Visitor Desk."
    )
    oidc_client_secret: SecretStr | None = Field(
        default=None, description="Secret that the provider gave for it."
    )
    dashboard_cookie_secret: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="Signs the login's cookie, 32 characters or more, as `openssl rand -hex 32` "
        "prints. A new one signs everybody out.",
    )
    sign_in_hours: int = Field(
        default=12,
        ge=1,
        le=720,
        description="Hours after which people sign in again, so that people the provider "
        "no longer knows are shut out.",
    )
    trusted_proxies: str = Field(
        default="",
        description="Addresses or networks of proxies whose `X-Forwarded-For` and "
        "`X-Forwarded-Proto` are believed, comma-separated.",
    )
    max_body_bytes: int = Field(
        default=8 * 1024 * 1024, ge=1024, description="Largest accepted request body, in bytes."
    )
    spool_dir: Path | None = Field(
        default=None,
        description="Folder for deliveries taken in while the database is away; empty: `spool` "
        "beside the SQLite file, or `data/spool`.",
    )
    spool_max_bytes: int = Field(
        default=1024 * 1024 * 1024,
        ge=0,
        description="Most bytes that may wait in the spool; beyond it senders get 503.",
    )
    hot_pages: str = Field(
        default=",".join(HOT_PATHS),
        description="Paths whose visitors are close to buying, comma-separated, each with all that "
        "lies below it; `/` is the home page alone.",
    )
    time_zone: str = Field(
        default="UTC",
        description="Time zone of days, weeks and the times on screens, by its IANA name, such as "
        "`Europe/Lisbon`.",
    )
    image_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Host names that browsers may load photos and logos from, by https, "
        "comma-separated; empty: from nowhere.",
    )
    forgotten_file: Path | None = Field(
        default=None,
        description="Key and hashed names of forgotten people, apart from the database; empty: "
        "`forgotten` beside the SQLite file, or `data/forgotten`.",
    )
    key_file: Path | None = Field(
        default=None,
        description="Key that destinations' secrets are sealed with, apart from the database; "
        "empty: `keys` beside the SQLite file, or `data/keys`.",
    )
    sender_host: str = Field(
        default="127.0.0.1", description="Address that the sender's metrics listen on."
    )
    sender_port: int = Field(
        default=8002, ge=1, le=65535, description="Port that the sender's metrics listen on."
    )
    sender_allow_private: bool = Field(
        default=False,
        description="`1` lets messages go to http and private addresses, too; never to those of "
        "a cloud's metadata.",
    )
    retention_days: int | None = Field(
        default=None,
        ge=1,
        description="Days after its last activity that a visit is kept, with all its deliveries; "
        "empty: for ever.",
    )
    ignore_email_domains: str = Field(
        default="", description="Domains whose people are not kept, comma-separated."
    )
    ignore_companies: str = Field(
        default="",
        description="Employers whose people are not kept, by domain or name, comma-separated; a "
        "name with a comma in double quotes.",
    )
    ignore_ips: str = Field(
        default="",
        description="Addresses or networks (CIDR) whose visitors are not kept, comma-separated.",
    )
    ignore_eu: bool = Field(
        default=False, description="`1`: visitors from the European Union are not kept."
    )
    log_level: str = Field(
        default="INFO", description="`DEBUG`, `INFO`, `WARNING` or `ERROR`; logs go to stderr."
    )

    @field_validator("midbound_cloud_webhook_secret", mode="before")
    @classmethod
    def _several_secrets(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            return ZoneInfo(value.strip()).key
        # A folder in the zone database, such as Europe, is not a zone.
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("must be the IANA name of a time zone such as Europe/Lisbon") from None

    @field_validator("image_hosts", mode="before")
    @classmethod
    def _host_names(cls, value: object) -> object:
        if isinstance(value, str):
            hosts = tuple(part.strip().lower() for part in value.split(",") if part.strip())
            if not all(map(_HOST_NAME.fullmatch, hosts)):
                raise ValueError(
                    "must be whole host names such as media.licdn.com, comma-separated, without "
                    "scheme, port or *"
                )
            return hosts
        return value

    @field_validator("dashboard_url")
    @classmethod
    def _origin(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = _web_address(value)
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError(
                "must be only a scheme and a host name, such as https://desk.example.com"
            )
        return f"{parts.scheme}://{parts.netloc}".lower()

    @field_validator("oidc_metadata_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        return value and _web_address(value).geturl()

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for part in filter(None, (part.strip() for part in value.split(","))):
            try:
                ip_network(part)
            except ValueError:
                raise ValueError("must be IP addresses or networks, such as 10.0.0.0/8") from None
        return value

    @field_validator("ignore_ips")
    @classmethod
    def _known_networks(cls, value: str) -> str:
        for part in value.split(","):
            if part.strip():
                try:
                    ip_network(part.strip(), strict=False)
                except ValueError:
                    raise ValueError("must be addresses or networks such as 10.0.0.0/8") from None
        return value

    @field_validator("ignore_email_domains", "ignore_companies")
    @classmethod
    def _entries_that_can_match(cls, value: str, info: ValidationInfo) -> str:
        if value.strip():
            from models.facts.ignored import lists  # noqa: PLC0415 - only who has lists needs payload types

            is_domains = info.field_name == "ignore_email_domains"
            lists(value if is_domains else "", "" if is_domains else value, "", eu=False)
        return value

    @field_validator("hot_pages")
    @classmethod
    def _paths(cls, value: str) -> str:
        for part in map(str.strip, value.split(",")):
            is_address = not part.startswith("/") and _HOST_OR_SCHEME.search(part.split("/")[0])
            if is_address or set(part) & set("?#*") or "://" in part:
                raise ValueError(
                    "must be paths such as /pricing, comma-separated, without scheme, host, "
                    "query, fragment or *; each already includes everything below it"
                )
        return value

    @field_validator("spool_dir", "forgotten_file", "key_file")
    @classmethod
    def _home(cls, value: Path | None) -> Path | None:
        return value.expanduser() if value else None

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    def spool_folder(self) -> Path:
        """Where the spool is: `SPOOL_DIR`, or next to the SQLite file."""
        return self.spool_dir or self._beside() / "spool"

    def sealing_key(self) -> Path:
        """Where the key of destinations' secrets lies: `KEY_FILE`, or beside the SQLite file."""
        return self.key_file or self._beside() / "keys"

    def _beside(self) -> Path:
        kind, _, path = self.database_url.partition(":///")
        return Path(path).parent if kind == "sqlite" else Path("data")

    def dashboard_link(self) -> str:
        """Where the dashboard is opened: `DASHBOARD_URL`, else where it listens."""
        if self.dashboard_url:
            return self.dashboard_url
        host = self.dashboard_host
        if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
            host = "127.0.0.1"
        return f"http://{f'[{host}]' if ':' in host else host}:{self.dashboard_port}"

    def spooled_bytes(self) -> int:
        """Bytes waiting in this database's spool, as far as it is on this machine's disk."""
        return waiting_bytes(self.spool_folder(), self.database_url)

    def zone(self) -> ZoneInfo:
        """`TIME_ZONE`: the zone of days and weeks, for everybody who works with this desk."""
        return ZoneInfo(self.time_zone)

    def hot_paths(self) -> tuple[str, ...]:
        """`HOT_PAGES` as paths in their one spelling (`models.facts.paths`)."""
        given = filter(None, (path.strip() for path in self.hot_pages.split(",")))
        return tuple(map(path_of, given))

    def ignoring(self) -> "Ignoring":
        """The people named by the `IGNORE_…` lists, who are not kept."""
        from models.facts.ignored import lists  # noqa: PLC0415 - only who derives needs payload types

        return lists(
            self.ignore_email_domains, self.ignore_companies, self.ignore_ips, eu=self.ignore_eu
        )

    def hosts(self) -> frozenset[str]:
        """Host names, lower case and without port, that private routes answer to."""
        extra = [name.strip().lower() for name in self.allowed_hosts.split(",")]
        if self.dashboard_url:
            name = urlsplit(self.dashboard_url).hostname or ""
            extra.append(f"[{name}]" if ":" in name else name)
        return frozenset({"127.0.0.1", "localhost", "[::1]", *filter(None, extra)})

    def has_login(self) -> bool:
        """Whether people sign in; `dashboard.access.login_settings` refuses to start with half of
        its settings.
        """
        return any(
            (
                self.oidc_metadata_url,
                self.oidc_client_id,
                self.oidc_client_secret,
                self.dashboard_cookie_secret,
            )
        )


def _web_address(value: str) -> SplitResult:
    """The parts of an http(s) address.

    Raises `ValueError` for any other, and for one that would go over a network unencrypted.
    """
    try:
        parts = urlsplit(value.strip())
        _ = parts.port  # raises for an invalid port
    except ValueError:
        raise ValueError("is not a web address") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise ValueError("must be an address that begins with https://")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError(
            "must begin with https://; only an address on this machine may begin with http://"
        )
    return parts


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own, which nobody else can reach."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
