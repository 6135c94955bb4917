"""Chance: everything random in the story is drawn from a seeded `Dice`."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")

# Crockford's alphabet, which the ULID specification asks for: no I, L, O, U.
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID_TIME_CHARS = 10
_ULID_RANDOM_BITS = 80


class Dice(Random):
    """A `random.Random` with the draws that the story needs.

    Always made with a seed: the same story must come out the same, byte for byte.
    """

    def chance(self, share: float) -> bool:
        """Whether something happens now that happens in `share` (0..1) of all cases."""
        return self.random() < share

    def maybe(self, share: float, value: T) -> T | None:
        """Return `value` in `share` (0..1) of all cases, else None, as for Midbound's optional
        fields.
        """
        return value if self.random() < share else None

    def weighted(self, table: Sequence[tuple[float, T]]) -> T:
        """Pick a value from a table of (weight, value); weights need not add up to anything."""
        point = self.random() * sum(weight for weight, _ in table)
        for weight, value in table:
            point -= weight
            if point < 0:
                return value
        return table[-1][1]

    def ms(self, least_s: float, most_s: float) -> int:
        """Draw a duration in milliseconds between two bounds in seconds."""
        return int(self.uniform(least_s, most_s) * 1000)

    def hex(self, digits: int) -> str:
        """Draw so many lower-case hexadecimal digits."""
        return f"{self.getrandbits(4 * digits):0{digits}x}"

    def ulid(self, ms: int) -> str:
        """Make a ULID: 10 characters of time (`ms`: Unix ms) and 16 random ones."""
        number = (ms << _ULID_RANDOM_BITS) | self.getrandbits(_ULID_RANDOM_BITS)
        length = _ULID_TIME_CHARS + _ULID_RANDOM_BITS // 5
        return "".join(
            _CROCKFORD[(number >> shift) & 31] for shift in range(5 * (length - 1), -1, -5)
        )
