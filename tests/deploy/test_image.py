"""The Dockerfile, followed in a clean virtual environment: no container engine is needed."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from tests.conftest import SECRET
from tests.deploy.dockerfile import Image, build, only, stages, values
from tests.processes import ROOT, START_S, free_port

DOCKERFILE = (ROOT / "Dockerfile").read_text()

# The install takes a minute; all that look at it do so in one process.
pytestmark = pytest.mark.xdist_group("image")


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """What the Dockerfile's own commands make in a clean virtual environment."""
    root = tmp_path_factory.mktemp("image")
    yield build(DOCKERFILE, root)
    # More than half a gigabyte; pytest would keep that of the last three runs.
    shutil.rmtree(root)


@contextmanager
def running(image: Image, command: list[str], **environment: str) -> Iterator[None]:
    process = image.process([*image.entrypoint, *command], **environment)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def succeeds_in_time(check: Callable[[], int]) -> bool:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if check() == 0:
            return True
        time.sleep(0.2)
    return False


def test_the_receiver_starts_from_the_image_and_its_healthcheck_says_so(image: Image) -> None:
    environment = {"RECEIVER_PORT": str(free_port()), "MIDBOUND_CLOUD_WEBHOOK_SECRET": SECRET}

    def health() -> int:
        return image.status(image.healthcheck, **environment)

    assert health() != 0
    with running(image, image.command, **environment):
        assert succeeds_in_time(health), image.log.read_text()
    assert health() != 0
    assert (image.root / "data" / "visitor-desk.db").exists()


def test_the_dashboard_starts_from_the_image_and_its_healthcheck_says_so(image: Image) -> None:
    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["dashboard"]
    kind, *check = service["healthcheck"]["test"]
    assert kind == "CMD"
    environment = {"DASHBOARD_PORT": str(free_port())}

    def health() -> int:
        return image.status(check, **environment)

    assert health() != 0
    with running(image, service["command"], **environment):
        assert succeeds_in_time(health), image.log.read_text()


def test_the_image_carries_every_file_of_the_product(image: Image) -> None:
    (installed,) = (image.root / "opt/visitor-desk/lib").glob("python3*/site-packages")
    sources = [ROOT / "visitor_desk.py"]
    for package in ("commands", "receiver", "models", "dashboard", "simulator"):
        sources += (path for path in (ROOT / package).rglob("*") if path.is_file())
    missing = [
        path
        for path in (source.relative_to(ROOT) for source in sources)
        # The template of a migration is for those who develop.
        if "__pycache__" not in path.parts and path.suffix != ".mako"
        if not (installed / path).exists()
    ]
    assert not missing


def test_the_image_holds_nothing_that_installs(image: Image) -> None:
    found = subprocess.run(
        [image.root / "opt/visitor-desk/bin/python", "-c", "import pip"],
        capture_output=True,
        check=False,
    )
    assert found.returncode != 0


def test_it_runs_as_a_user_of_its_own_with_data_on_a_volume() -> None:
    final = stages(DOCKERFILE)[-1]
    assert values(final, "USER") == ["desk"]
    assert "useradd" in only(final, "RUN").value
    assert only(final, "VOLUME").value == only(final, "WORKDIR").value == "/data"


def test_the_build_sees_only_what_the_dockerfile_copies() -> None:
    copied = {
        source for value in values(stages(DOCKERFILE)[0], "COPY") for source in value.split()[:-1]
    }
    ignore = Path(ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in ignore if not line.startswith("#")]
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == copied
