"""docker-compose.yml: valid, private by default, and without a secret in it."""

import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

from models.settings import Settings
from tests.processes import ROOT

TEXT = (ROOT / "docker-compose.yml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]


def test_it_follows_the_compose_specification() -> None:
    checked = subprocess.run(
        [
            *(sys.executable, "-m", "check_jsonschema"),
            *("--builtin-schema", "vendor.compose-spec", "docker-compose.yml"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_only_the_proxy_is_reached_from_outside_and_only_when_asked_for() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {
        "receiver": ["127.0.0.1:${RECEIVER_PORT:-8000}:8000"],
        "dashboard": ["127.0.0.1:${DASHBOARD_PORT:-8501}:8501"],
        "proxy": ["80:80", "443:443", "443:443/udp"],
    }
    assert [name for name in SERVICES if "profiles" in SERVICES[name]] == ["proxy"]


def test_the_proxy_reaches_the_receiver_alone() -> None:
    def shared(name: str) -> set[str]:
        return set(SERVICES["proxy"]["networks"]) & set(SERVICES[name]["networks"])

    assert shared("receiver")
    assert not shared("dashboard")
    assert not shared("database")


def test_the_signing_secret_goes_to_the_receiver_alone() -> None:
    holders = [
        name
        for name, service in SERVICES.items()
        if "MIDBOUND_CLOUD_WEBHOOK_SECRET" in service["environment"]
    ]
    assert holders == ["receiver"]
    assert not [name for name in SERVICES if "env_file" in SERVICES[name]]


def test_the_secrets_of_the_login_go_to_the_dashboard_alone() -> None:
    for secret in ("OIDC_CLIENT_SECRET", "DASHBOARD_COOKIE_SECRET"):
        holders = [name for name in SERVICES if secret in SERVICES[name]["environment"]]
        assert holders == ["dashboard"]


def test_every_setting_reaches_the_services_that_read_it() -> None:
    services = ("receiver", "sender", "dashboard")
    passed = {name for service in services for name in SERVICES[service]["environment"]}
    # These places are the image's own, on the volume.
    own = {"SPOOL_DIR", "FORGOTTEN_FILE", "KEY_FILE"}
    assert {name.upper() for name in Settings.model_fields} - passed == own


def test_the_receiver_marks_visits_by_the_pages_that_the_dashboard_knows() -> None:
    for name in ("receiver", "dashboard"):
        assert "HOT_PAGES" in SERVICES[name]["environment"]


def test_all_who_derive_know_who_is_kept_out() -> None:
    for name in ("receiver", "dashboard"):
        given = SERVICES[name]["environment"]
        assert {n for n in given if n.startswith("IGNORE_")} == {
            n.upper() for n in Settings.model_fields if n.startswith("ignore_")
        }
        assert SERVICES[name]["volumes"] == ["spool:/data"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_gets_its_secrets_from_the_environment(name: str) -> None:
    environment = SERVICES[name]["environment"]
    for variable, value in environment.items():
        if re.search("SECRET|PASSWORD", variable):
            # Without a value: handed on as it is, and only when it is set.
            assert value in {None, f"${{{variable}:?set it in .env}}"}
    url = environment.get("DATABASE_URL")
    assert url in {
        None,
        "postgresql://visitor_desk:${POSTGRES_PASSWORD:?set it in .env}@database/visitor_desk",
    }


@pytest.mark.parametrize(
    "file", ["docker-compose.yml", "Dockerfile", "deploy/Caddyfile", ".env.example", "Makefile"]
)
def test_no_signing_secret_stands_in_a_file(file: str) -> None:
    assert not re.search(r"whsec_\w", (ROOT / file).read_text())


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_runs_without_what_it_does_not_need(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])


def test_the_database_keeps_its_data_where_its_image_puts_it() -> None:
    # From 18 on below this folder; a volume at the `data` folder of older ones would stay empty.
    assert SERVICES["database"]["image"].startswith("postgres:18")
    assert SERVICES["database"]["volumes"] == ["database:/var/lib/postgresql"]


def test_who_seals_secrets_and_who_opens_them_have_the_same_key() -> None:
    for name in ("sender", "dashboard"):
        assert SERVICES[name]["volumes"] == ["spool:/data"]


def test_what_was_accepted_while_the_database_was_away_outlives_the_container() -> None:
    assert SERVICES["receiver"]["volumes"] == ["spool:/data"]
