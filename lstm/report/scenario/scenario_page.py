"""A scenario as a page that needs nothing else, as markdown for the Prefect UI, and as rows for a table."""

from collections.abc import Sequence

import pyarrow as pa

from lstm.config import level_name
from lstm.data.panel.closed import closed_times
from lstm.evaluation.wording import instant, table_number
from lstm.model.serving.forecast_rows import forecast_rows, without_closed
from lstm.report.charts.scenario_curves import ScenarioView, scenario_picture
from lstm.report.charts.style import LARGEST_SHOWN_GRID
from lstm.report.markup import markdown
from lstm.report.markup.html import render
from lstm.report.scenario.scenario_story import ScenarioStory, signed

DRAWN, SHOWN = 4, 12
COLUMNS = ("series", "target", "tonight", "what if", "difference", "", "band of the difference")


def effect_rows(story: ScenarioStory) -> list[tuple[str, ...]]:
    """Rows of COLUMNS for the series and targets that move most; means a step over the horizon."""
    rows: list[tuple[str, ...]] = []
    for series, target in story.largest(SHOWN):
        effect = story.effect(series, target)
        rows.append(
            (
                story.panel.names[series], story.panel.target_names[target], table_number(effect.tonight),
                table_number(effect.assumed), signed(effect.difference), effect.share, effect.band,
            )
        )  # fmt: skip
    return rows


def effect_facts(story: ScenarioStory) -> list[tuple[str, str]]:
    """The same for a terminal, as names and values, with the notes and the place of the page."""
    one_target = len(story.panel.target_names) == 1
    facts = []
    for series, target, tonight, assumed, difference, share, band in effect_rows(story):
        name = series if one_target else f"{series} {target}"
        size = f"{difference} ({share})" if share else difference
        facts.append((name, f"{tonight} tonight, {assumed} what if, {size}, band {band}"))
    return [*facts, *(("note", note) for note in story.notes()), ("page", f"{story.folder}/whatif.html")]


def scenario_page(story: ScenarioStory) -> str:
    """The whole answer as HTML."""
    first, *others = story.sentences()
    return render(
        "scenario.html.j2",
        title=f"{story.pipeline.name}, what if",
        heading=f"{story.pipeline.name}: what if?",
        subtitle=f"beside the forecasts of {_night(story)}; nothing of it is published",
        state="what if",
        sentence=" ".join(others),
        assumed=first,
        picture_of_curves=_picture(story),
        columns=COLUMNS,
        rows=effect_rows(story),
        notes=story.notes(),
        locations=[("page and rows", story.folder)],
    )


def scenario_summary(story: ScenarioStory) -> str:
    """The answer as markdown."""
    parts = [
        f"# {markdown.plain(story.pipeline.name)}: what if?\n",
        "\n\n".join(markdown.plain(sentence) for sentence in story.sentences()) + "\n",
        markdown.picture(_picture(story), "tonight's forecast and the assumed one", LARGEST_SHOWN_GRID),
        markdown.part("What moves most", markdown.table(COLUMNS, effect_rows(story))),
        markdown.part("Notes", "".join(f"- {markdown.plain(note)}\n" for note in story.notes())),
        markdown.listed([("beside the forecasts of", _night(story)), ("page and rows", story.folder)]),
    ]
    return "\n".join(part for part in parts if part)


def scenario_rows(story: ScenarioStory) -> pa.Table:
    """A row a series, target and step: the columns of the ledger for tonight, `whatif_…` beside them, `changed`."""
    levels, panel = story.pipeline.quantile_levels, story.panel
    rows, assumed = (forecast_rows(panel, served, levels) for served in (story.tonight, story.assumed))
    names: Sequence[str] = ("forecast", *map(level_name, levels), "method", "reason")
    for name in names:
        rows = rows.append_column(f"whatif_{name}", assumed[name])
    of_each = panel.horizon * len(panel.target_names)
    changed = story.changed[~story.tonight.left_out].repeat(of_each)
    rows = rows.append_column("changed", pa.array(changed))
    return without_closed(rows, closed_times(story.pipeline.calendar, panel), levels, zero=False)


def _night(story: ScenarioStory) -> str:
    return f"{story.key.kind} as of {instant(story.key.as_of, story.pipeline.time_zone)}"


def _picture(story: ScenarioStory) -> bytes | None:
    median = story.pipeline.quantile_levels.index(0.5)
    view = ScenarioView(story.panel, story.tonight, story.assumed, story.open_steps, median)
    return scenario_picture(view, story.largest(DRAWN))
