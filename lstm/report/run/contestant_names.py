"""Who was judged and who made the forecasts, by name."""

import pyarrow.compute as pc

from lstm.contestants import method_name
from lstm.data.rows.series_keys import KEY_SEPARATOR
from lstm.evaluation.wording import count
from lstm.report.charts.style import short
from lstm.report.run.story import Story

EXAMPLES = 5


def contestant(method: str, story: Story) -> str:
    """A method with the version that was judged under its name."""
    version = story.verdict.version_of(method)
    return method_name(method) + (f" v{version}" if version is not None else "")


def methods(story: Story) -> list[tuple[str, str, str]]:
    """(method, number of series, reason with a few of the series) of whoever made the forecasts, most series first."""
    rows = story.forecasts
    keys = [name for name in story.panel.keys.column_names if name in rows.column_names]
    once = pc.and_(pc.equal(rows["step"], 1), pc.equal(rows["target"], story.panel.target_names[0]))
    series = rows.filter(once).select([*keys, "method", "reason", "model_version"]).to_pylist()
    groups: dict[tuple[str, str], list[str]] = {}
    for row in series:
        version = f" v{row['model_version']}" if row["model_version"] is not None else ""
        name = KEY_SEPARATOR.join(str(row[key]) for key in keys) or "all"
        groups.setdefault((method_name(row["method"]) + version, row["reason"] or ""), []).append(name)
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    return [(method, count(len(names)), _reason(why, names)) for (method, why), names in ordered]


def _reason(why: str, names: list[str]) -> str:
    if not why:
        return ""
    more = f" and {len(names) - EXAMPLES:,} more" if len(names) > EXAMPLES else ""
    return f"{short(why, 300)} ({', '.join(short(name, 60) for name in names[:EXAMPLES])}{more})"
