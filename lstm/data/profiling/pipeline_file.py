"""A guessed pipeline file: its lines, its text, and how it is used."""

import re
import shlex
import textwrap
import tomllib
import unicodedata
from dataclasses import dataclass, replace

from lstm.config import Pipeline
from lstm.data.profiling.closed_days import GuessedClosing
from lstm.data.profiling.extent import Extent, end_of, horizon_for
from lstm.data.profiling.profile import Guesses
from lstm.data.profiling.setting import Setting
from lstm.data.profiling.toml_text import WIDTH, pipeline_text

LONGEST_NAME = 63


@dataclass(frozen=True)
class GuessedFile:
    """A pipeline file that was guessed from a table.

    name: of the table. source: as it was typed. file: name of the pipeline file. extent: once it was measured.
    """

    name: str
    source: str
    file: str
    guesses: Guesses
    horizon: int | None
    extent: Extent | None = None

    def measured(self, extent: Extent) -> "GuessedFile":
        """The same file, with the extent of the whole table."""
        return replace(self, extent=extent)

    def pipeline(self) -> Pipeline:
        """The settings that the text stands for."""
        return Pipeline.model_validate(tomllib.loads(self.text("")))

    def text(self, trouble: str) -> str:
        """The file. trouble: why it cannot run yet."""
        tables = [
            ("", self._first()),
            ("source", [*self.guesses.source, *self._gaps()]),
            ("calendar", self._calendar()),
        ]
        return pipeline_text(self._head(trouble), tables)

    def _head(self, trouble: str) -> list[str]:
        origin = f"Made by `nightcast init {shlex.quote(self.source)}`; every line that was guessed says why."
        if trouble:
            return [origin, "", *textwrap.wrap(f"NOT READY: {trouble}", WIDTH - 2, break_on_hyphens=False)]
        late = []
        if self.extent is not None and self.as_of:
            late = [
                f"The table ends at {self.extent.grid.text(self.extent.newest)}, so that a run needs an --as-of.",
                "",
            ]
        rest = ["Everything that is left out ([model], [training], [quality], [[gates]], [[sinks]]) has a default."]
        return [origin, "", *(f"  {command}" for command in self.commands(self.file)), "", *late, *rest]

    def commands(self, file: str) -> list[str]:
        """What to type next."""
        as_of = f" --as-of {self.as_of}" if self.as_of else ""
        return [f"nightcast check {shlex.quote(file)}{as_of}", f"nightcast run   {shlex.quote(file)}{as_of}"]

    @property
    def as_of(self) -> str | None:
        """The moment to run at where the table is too old to run now."""
        if self.extent is None:
            return None
        freshness = max(2 * self._horizon()[0], self.extent.grid.default_seasons()[-1])
        return end_of(self.extent) if self.extent.behind > freshness else None

    def _horizon(self) -> tuple[int, str]:
        if self.horizon is not None:
            return self.horizon, "steps ahead, as you said"
        return horizon_for(self.extent) if self.extent is not None else (1, "steps ahead; set what you need")

    def _first(self) -> list[Setting]:
        steps, why = self._horizon()
        settings = [Setting("name", slug(self.name), "forecasts are filed under it"), Setting("horizon", steps, why)]
        if self.extent is not None:
            settings.append(Setting("frequency", self.extent.grid.alias, _frequency_reason(self.extent)))
        elif self.guesses.frequency is not None:
            settings.append(Setting("frequency", self.guesses.frequency, "from the first rows"))
        settings.append(Setting("time_zone", self.guesses.zone.name, self.guesses.zone.why))
        return [*settings, *self._minimum()]

    def _minimum(self) -> list[Setting]:
        if self.extent is None or self.extent.lowest < 0:
            return []
        counts = self.guesses.counts and self.extent.integer_targets
        why = "the targets are counts" if counts else "if no value can be below 0; none is"
        return [Setting("minimum", 0, why, written=counts)]

    def _gaps(self) -> list[Setting]:
        if self.extent is None or not self.extent.absent:
            return []
        share = f"{self.extent.absent:.1%}" if self.extent.absent >= 0.001 else "less than 0.1%"
        zero = self.guesses.counts and self.extent.integer_targets
        why = f"{share} of the steps have no value"
        if zero:
            return [Setting("gaps", "zero", f'{why}: if an absent row means 0; else it is "missing"', written=False)]
        return [Setting("gaps", "missing", f'{why}; "zero" if an absent row means 0')]

    def _calendar(self) -> list[Setting]:
        closing = self.extent.closing if self.extent is not None else GuessedClosing()
        why = "where people make the numbers: a country, and a part of it after a dash"
        region = Setting("holidays", closing.region or "US-NY", closing.why_region if closing.region else why,
                         written=closing.region is not None)  # fmt: skip
        return [region, *([Setting("closed", closing.entries, closing.why)] if closing.entries else [])]


def _frequency_reason(extent: Extent) -> str:
    series = f"{extent.series:,} series, the median one of " if extent.series > 1 else "one series of "
    return f"found in all rows: {series}{extent.steps:,} steps"


def slug(name: str) -> str:
    """Lower-case letters, digits and dashes of a name; `pipeline` where nothing is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_NAME].rstrip("-") or "pipeline"
