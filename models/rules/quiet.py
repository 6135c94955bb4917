"""Quiet hours: a span of the clock, in some time zone, during which nothing rings."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_SPAN = re.compile(r"([0-9]{1,2}):([0-9]{2})-([0-9]{1,2}):([0-9]{2})@(\S{1,64})")
_HOW = "Quiet hours must be two times and the IANA name of a time zone: 20:00-08:00@Europe/Lisbon"


class QuietError(ValueError):
    """The quiet hours are not valid; the message says what is."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """From one time of day to another, the end not included, over midnight if the end is
    earlier.
    """

    begin: time
    end: time
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str) -> "Quiet":
        """Read `20:00-08:00@Europe/Lisbon`. Raises `QuietError`."""
        found = _SPAN.fullmatch(text.strip())
        if found is None:
            raise QuietError(_HOW)
        try:
            begin, end = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
            zone = ZoneInfo(found[5])
        except (ValueError, ZoneInfoNotFoundError, OSError):
            raise QuietError(_HOW) from None
        if begin == end:
            raise QuietError("Quiet hours must not end at the time they begin")
        return cls(begin, end, zone)

    def text(self) -> str:
        """As `parse` reads it."""
        return f"{self.begin:%H:%M}-{self.end:%H:%M}@{self.zone.key}"

    def over_at(self, ms: int) -> int:
        """When (Unix ms) a match at a moment may be sent: at once, or at the end of the quiet hours
        it falls into, whatever the clocks do in between.
        """
        at = datetime.fromtimestamp(ms / 1000, self.zone)
        clock = at.time().replace(tzinfo=None)
        if self.begin < self.end:
            is_quiet, is_tomorrow = self.begin <= clock < self.end, False
        else:
            is_quiet, is_tomorrow = clock >= self.begin or clock < self.end, clock >= self.begin
        if not is_quiet:
            return ms
        day = at.date() + timedelta(days=is_tomorrow)
        # An hour that is skipped in spring ends when it would have; of an hour that comes twice in
        # autumn, the first one still ahead counts.
        for fold in (0, 1):
            end = datetime.combine(day, self.end, self.zone).replace(fold=fold).astimezone(UTC)
            over = round(end.timestamp() * 1000)
            if over > ms:
                return over
        return ms
