"""The Dockerfile as its tests read and follow it, without a container engine."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.locked import installed
from tests.processes import ROOT


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction; its lines joined, without the comments between them."""

    name: str
    value: str

    @property
    def words(self) -> list[str]:
        """The value of one written as a JSON list, without what stands before that."""
        words: list[str] = json.loads(self.value[self.value.index("[") :])
        return words


def stages(dockerfile: str) -> list[list[Instruction]]:
    """The instructions of each stage, in order, each stage beginning with its FROM."""
    lines = "\n".join(line for line in dockerfile.splitlines() if not line.startswith("#"))
    found: list[list[Instruction]] = []
    for line in lines.replace("\\\n", " ").splitlines():
        if not line.strip():
            continue
        name, _, value = line.partition(" ")
        if name == "FROM":
            found.append([])
        found[-1].append(Instruction(name, " ".join(value.split())))
    return found


def values(stage: Sequence[Instruction], name: str) -> list[str]:
    """What each instruction of a name says."""
    return [instruction.value for instruction in stage if instruction.name == name]


def only(stage: Sequence[Instruction], name: str) -> Instruction:
    """The stage's one instruction of a name. Raises ValueError when there are more or none."""
    (found,) = (instruction for instruction in stage if instruction.name == name)
    return found


@dataclass(slots=True)
class Image:
    """What the Dockerfile makes, in a folder that stands for the image's root."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    healthcheck: list[str] = field(default_factory=list)

    @property
    def log(self) -> Path:
        """What its processes wrote."""
        return self.root / "log"

    def placed(self, text: str) -> str:
        """A text with the image's own absolute paths moved below the folder."""
        return re.sub(r"/(?=(?:opt/visitor-desk|src|data)\b)", f"{self.root}/", text)

    def process(self, command: Sequence[str], **environment: str) -> subprocess.Popen[bytes]:
        """Start a command as the image would: its variables and working directory, no others."""
        with self.log.open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self.root / "data",
                env={"HOME": str(self.root), **self.environment, **environment},
                stdout=log,
                stderr=log,
            )

    def status(self, command: Sequence[str], **environment: str) -> int:
        """Exit status of a command that ends by itself within 20 s."""
        with self.process(command, **environment) as process:
            return process.wait(20)


def build(dockerfile: str, root: Path) -> Image:
    """Follow the Dockerfile: the builder's instructions one by one, then the final stage's setting.

    Users and labels of the final stage are left to an engine. Raises
    `subprocess.CalledProcessError` when a RUN fails.
    """
    image = Image(root)
    builder, final = stages(dockerfile)
    _follow(builder, image)
    (root / "data").mkdir()
    for value in values(final, "ENV"):
        image.environment |= dict(_assignments(image.placed(value)))
    image.environment["PATH"] = image.environment["PATH"].replace("$PATH", "/usr/bin:/bin")
    image.entrypoint = only(final, "ENTRYPOINT").words
    image.command = only(final, "CMD").words
    image.healthcheck = only(final, "HEALTHCHECK").words
    return image


def _follow(builder: Sequence[Instruction], image: Image) -> None:
    folder = image.root
    # The interpreter of the tests stands for that of the base image.
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    environment.pop("PYTHONPATH", None)
    # Byte code of packages that are thrown away in a minute is not worth half of that minute.
    environment["PIP_NO_COMPILE"] = "1"
    for instruction in builder:
        value = image.placed(instruction.value)
        match instruction.name:
            case "FROM":
                pass
            case "ENV":
                environment |= dict(_assignments(value))
            case "WORKDIR":
                folder = Path(value)
                folder.mkdir(parents=True)
            case "COPY":
                *sources, target = value.split()
                for source in sources:
                    _copy(ROOT / source, folder / target)
            case "RUN":
                # A cache mount is the engine's; pip's own cache does here.
                command = re.sub(r"--mount=\S+ ", "", value)
                subprocess.run(["sh", "-c", command], cwd=folder, env=environment, check=True)
                if "-m venv" in command:
                    _furnish(Path(command.split()[-1]))
            case name:
                raise ValueError(f"this test does not know how to follow {name}")


def _furnish(venv: Path) -> None:
    """Copy what the tests' own environment has of the image's requirements.

    pip has unpacked and checked all of it once, for `make test`; here it finds it installed, and
    installs what is missing. That takes seconds instead of two minutes.
    """
    (inside,) = venv.glob("lib/python3*/site-packages")
    for _, found in installed():
        home = Path(str(found.locate_file("")))
        for file in found.files or ():
            source, target = home / file, inside / file
            if ".." in file.parts or not source.is_file():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)  # byte code is good for a source of its moment


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def _assignments(value: str) -> Iterator[tuple[str, str]]:
    for assignment in value.split():
        name, _, assigned = assignment.partition("=")
        yield name, assigned
