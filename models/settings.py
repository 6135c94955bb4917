"""Settings: read from the environment and `.env`, the one place where each has its default.

README's table of settings is held against this class by a test.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

DEMO_DATABASE_URL = "sqlite:///data/demo.db"

_HOST_NAME = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?")
"""A public host name: no scheme, port or `*`, and no IP address, which ends in a digit."""


class Settings(BaseSettings):
    """All settings, each under the upper-case name of its field."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True
    )

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
        default="/pricing,/demo,/contact",
        description="Paths whose visitors are close to buying, comma-separated, each with all that "
        "lies below it; `/` is the home page alone.",
    )
    image_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Host names that browsers may load photos and logos from, by https, "
        "comma-separated; empty: from nowhere.",
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

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    def spool_folder(self) -> Path:
        """Where the spool lives: `SPOOL_DIR`, or beside the SQLite file."""
        if self.spool_dir:
            return self.spool_dir
        kind, _, path = self.database_url.partition(":///")
        return (Path(path).parent if kind == "sqlite" else Path("data")) / "spool"

    def hot_paths(self) -> tuple[str, ...]:
        """`HOT_PAGES` as paths without a slash at their end; the home page is `/`."""
        given = filter(None, (path.strip() for path in self.hot_pages.split(",")))
        return tuple("/" + "/".join(filter(None, path.split("/"))) for path in given)

    def hosts(self) -> frozenset[str]:
        """Host names, lower case and without port, that private routes answer to."""
        extra = (name.strip().lower() for name in self.allowed_hosts.split(","))
        return frozenset({"127.0.0.1", "localhost", "[::1]", *filter(None, extra)})


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The process's settings, read once.

    Raises `pydantic.ValidationError` when one can't be used; it never shows the value.
    """
    return Settings()
