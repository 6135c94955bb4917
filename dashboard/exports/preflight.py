"""What a tool will take of an export: how many rows qualify, and why the others don't."""

from collections import Counter
from dataclasses import dataclass, field

from dashboard.exports.presets.preset import Preset, Row


@dataclass(slots=True)
class Preflight:
    """How many rows qualify for a preset's file, and why the others don't."""

    preset: Preset
    rows: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    """Rows by the first rule they don't meet."""
    advised: Counter[str] = field(default_factory=Counter)

    def takes(self, row: Row) -> bool:
        """Whether a row qualifies; it is counted either way."""
        for rule in self.preset.rules:
            if not rule.holds(row):
                self.left_out[rule.unmet] += 1
                return False
        self.rows += 1
        self.advised.update(rule.unmet for rule in self.preset.advice if not rule.holds(row))
        return True

    def summary(self) -> str:
        """How many rows go into the file."""
        return f"{self.rows:,} of {self.rows + self.left_out.total():,} rows qualify"

    def reasons(self) -> list[str]:
        """Why the others don't, most common reason first."""
        return [f"{count:,} left out: {why}" for why, count in self.left_out.most_common()]

    def warnings(self) -> list[str]:
        """What to know before the file is sent to its tool."""
        tool, fewest, most = self.preset.label, self.preset.fewest, self.preset.most
        said = [f"{count:,} {what}" for what, count in self.advised.most_common()]
        if self.rows == 0:
            said.append("The file would contain only its header")
        elif self.rows < fewest:
            said.append(f"A {tool} needs at least {fewest:,} rows")
        if most is not None and self.rows > most:
            said.append(f"The tool takes at most {most:,} rows at once: narrow the filters")
        return said

    def lines(self) -> list[str]:
        """The whole summary, in sentences without their full stop."""
        return [f"{self.preset.label}: {self.summary()}", *self.reasons(), *self.warnings()]
