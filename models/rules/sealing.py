"""Sealing destinations' secrets: the database holds them, and a file apart from it holds the key.

So neither a backup of the database nor a look into it reveals where a team's messages go.
"""

import json
import os
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class SealError(RuntimeError):
    """A secret can't be sealed or read; the message says what to do."""


def seal(file: Path, secrets: dict[str, str]) -> str:
    """Seal secrets. The key is made at first use, readable by its owner only.

    Raises `SealError` if the file can't be read or written.
    """
    sealed = _keys(file, make=True).encrypt(json.dumps(secrets).encode())
    return sealed.decode()


def unseal(file: Path, sealed: str) -> dict[str, str]:
    """Open sealed secrets. Raises `SealError` if the key is missing or a different one."""
    try:
        changed = file.stat().st_mtime_ns
    except OSError:
        changed = 0
    return dict(_unsealed(file, changed, sealed))


@lru_cache(maxsize=64)
def _unsealed(file: Path, _changed: int, sealed: str) -> dict[str, str]:
    """The same by what the file was when it was last changed: each message asks."""
    try:
        opened = _keys(file, make=False).decrypt(sealed.encode())
    except InvalidToken:
        raise SealError(
            f"{file} does not hold the key that this destination was sealed with. Put the right "
            "file there, or remove the destination and add it again"
        ) from None
    secrets: dict[str, str] = json.loads(opened)
    return secrets


def _keys(file: Path, *, make: bool) -> MultiFernet:
    """The keys in the file, one per line: the first one seals, any of them opens."""
    try:
        if make:
            _make(file)
        lines = file.read_text(encoding="ascii").split()
        if not lines:
            raise SealError(f"{file} is empty. Put the file with the destinations' key there")
        return MultiFernet([Fernet(line) for line in lines])
    except FileNotFoundError:
        raise SealError(
            f"{file} is missing, and destinations are sealed with its key. Put it back, or set "
            "KEY_FILE to where it is"
        ) from None
    except OSError as error:
        raise SealError(f"{file} can't be used: {error.strerror}") from None
    except ValueError:
        raise SealError(
            f"{file} holds no key. Put the file with the destinations' key there"
        ) from None


def _make(file: Path) -> None:
    """Make a key unless there is one, completely or not at all, even if two processes start at
    once."""
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as written:
            written.write(Fernet.generate_key() + b"\n")
            written.flush()
            os.fsync(written.fileno())
        try:
            os.link(part, file)  # the second process finds the first one's
        except FileExistsError:
            return
    finally:
        part.unlink(missing_ok=True)
