"""One session: what follows from its own events alone, by docs/merge-rules.md."""

from dataclasses import dataclass

from tests.reference.events import STAGE_NAMES, Event, PageEvent
from tests.reference.fields import Object, object_of, utm_of


@dataclass
class Session:
    """All events of one `sid`, and what follows from them alone."""

    sid: str
    events: list[Event]
    url: str | None = None
    lead: str = ""

    @property
    def vid(self) -> str:
        # Rule "A session's `vid` is its earliest event's."
        return min(self.events, key=lambda event: event.rank).vid

    @property
    def winner(self) -> Event | None:
        # Rule "Its other facts come whole from one session object: a finalized event's beats the
        # rest, then the newest."
        having_one = [event for event in self.events if event.session is not None]
        return max(having_one, key=lambda event: (event.finalized, event.rank), default=None)

    @property
    def finalized(self) -> bool:
        return self.winner is not None and self.winner.finalized

    @property
    def stage(self) -> int:
        # Rule "Stages add up."
        return max(STAGE_NAMES.index(event.stage) for event in self.events)

    @property
    def started_at(self) -> int:
        if self.winner is not None and self.winner.started_at is not None:
            return self.winner.started_at
        return min(event.created for event in self.events)

    @property
    def page_events(self) -> list[PageEvent]:
        # Rule "Page events are those of the winning finalized event."
        return self.winner.page_events if self.winner is not None else []

    @property
    def last_activity(self) -> int:
        # Rule "The winning `lastActivity`, else its newest page event, else `started_at`."
        if self.winner is not None and self.winner.last_activity is not None:
            return self.winner.last_activity
        return max((page.ts for page in self.page_events), default=self.started_at)

    @property
    def ended_at(self) -> int | None:
        return self.winner.ended_at if self.winner is not None else None

    @property
    def pageviews(self) -> int | None:
        # Rule "Page events whose signal is `pageview`", "empty until finalized".
        if not self.finalized:
            return None
        return sum(page.signal == "pageview" for page in self.page_events)

    @property
    def duration_seconds(self) -> int | None:
        # Rule "Last activity - start in whole seconds, rounded down, never below 0."
        if not self.finalized:
            return None
        return max(0, (self.last_activity - self.started_at) // 1000)

    @property
    def winning_object(self) -> Object | None:
        return self.winner.session if self.winner is not None else None

    def utm(self, name: str) -> str | None:
        return utm_of(object_of(self.winning_object, "utm"), name)

    @property
    def has_utm(self) -> bool:
        return any(self.utm(name) for name in ("source", "medium", "campaign", "term", "content"))
