"""What commands print and write."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import typer


def say(text: str) -> None:
    """Say something to whoever runs the command, apart from its output."""
    typer.echo(text, err=True)


def plain(text: str | None) -> str:
    """Text of a payload for the terminal, which would obey its control characters."""
    return "".join(c if c.isprintable() else "�" for c in text) if text else "–"


def write_out(out: str, chunks: Iterator[str]) -> None:
    """Write text to standard output, or to a file that appears whole or not at all."""
    if out == "-":
        for chunk in chunks:
            sys.stdout.buffer.write(chunk.encode())
        sys.stdout.buffer.flush()
        return
    part = Path(f"{out}.part")
    try:
        # It holds personal data: only for whoever asked for it.
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for chunk in chunks:
                file.write(chunk.encode())
        part.replace(out)
    except OSError as error:
        say(f"Can't write {out}: {error.strerror}.")
        raise typer.Exit(1) from None
    finally:
        part.unlink(missing_ok=True)
