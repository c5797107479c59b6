"""A story in words and numbers, as rows of plain text; page and summary lay them out and escape them."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc
from pydantic import ValidationError

from lstm.data.quality.report import QualityReport
from lstm.data.rows.series_keys import KEY_SEPARATOR
from lstm.evaluation.wording import UNKNOWN, count, instant, table_column, table_number
from lstm.gate_metrics import ERROR_METRICS
from lstm.references import GateOutcome, RunKey, Verdict
from lstm.report.charts.legend import in_order, method_name
from lstm.report.charts.missing import share_missing
from lstm.report.charts.style import short
from lstm.report.run.story import Story

SCORE_COLUMNS = {
    "mase": "MASE",
    "mae": "MAE",
    "rmse": "RMSE",
    "smape": "sMAPE",
    "wql": "WQL",
    "coverage": "coverage",
    "points": "points",
}
MOST_TABLES = 12
EXAMPLES = 5
Fact = tuple[str, str]


def state(story: Story) -> Fact:
    """(`good`, `kept` or `bad`, and a few words): what this run changed."""
    verdict = story.verdict
    if story.key.dry:
        return "kept", "Dry run, nothing was published"
    if verdict.failed_step is not None:
        return "bad", f"{verdict.failed_step} failed"
    if verdict.promote and verdict.serve.startswith("baseline:"):
        return "bad", f"the {method_name(verdict.serve)} takes the place of v{verdict.champion_version}"
    if verdict.promote:
        return "good", f"v{verdict.promoted_version} is the new champion"
    if verdict.serve == "champion":
        return "kept", f"v{verdict.champion_version} stays champion"
    return "kept", f"no champion: the {method_name(verdict.serve)} serves"


def sentence(verdict: Verdict, key: RunKey) -> str:
    """The verdict's sentence; of a dry run, what it would have been."""
    return f"In a real run: {verdict.sentence}" if key.dry else verdict.sentence


def who_serves(story: Story) -> str:
    """`challenger v3`, `champion v2`, `seasonal naive baseline`."""
    verdict = story.verdict
    version = {"challenger": verdict.challenger_version, "champion": verdict.champion_version}.get(verdict.serve)
    return method_name(verdict.serve) + (f" v{version}" if version is not None else "")


def facts(story: Story) -> list[Fact]:
    """What was read, learnt and published."""
    panel = story.panel_ref
    return [
        *((("dry run", "nothing was published, promoted or delivered"),) if story.key.dry else ()),
        *((("set for this run", changes(story.overrides)),) if story.overrides else ()),
        ("as of", instant(story.key.as_of, story.pipeline.time_zone)),
        ("cutoff", panel.cutoff),
        ("newest observation", panel.newest),
        ("frequency", f"{panel.frequency}, {story.pipeline.horizon} steps ahead"),
        ("rows read", count(panel.rows_read)),
        ("series", count(panel.series)),
        ("windows", windows(story)),
        ("epochs", epochs(story)),
        ("who serves", who_serves(story)),
        (rows_name(story), count(story.forecasts.num_rows)),
        ("vintages", vintages(story)),
    ]


def rows_name(story: Story) -> str:
    """What became of the forecasts."""
    return "rows forecast" if story.key.dry else "rows published"


def changes(overrides: Mapping[str, Any]) -> str:
    """`training.max_epochs = 3, quality.late_end = "degrade"`."""
    return ", ".join(f"{key} = {json.dumps(value, default=str)}" for key, value in overrides.items())


WRITTEN_COLUMNS = ("where", "rows", "")


def written(story: Story) -> list[tuple[str, str, str]]:
    """(place, rows, what there is to say of it) of the ledger and of every sink; see WRITTEN_COLUMNS."""
    rows, table = story.forecasts.num_rows, f"table {story.pipeline.store.forecasts_table}"
    if story.key.dry:
        return [(table, count(0), f"a dry run: {rows:,} rows lie in the run folder")]
    sinks = [
        (f"sink {receipt.sink}", count(receipt.rows), receipt.message or ("" if receipt.delivered else "still pending"))
        for receipt in story.receipts
    ]
    return [(table, count(rows), ""), *sinks]


def windows(story: Story) -> str:
    """Windows in each split."""
    split = story.windows_ref
    if split is None:
        return UNKNOWN
    return f"{split.train:,} training, {split.validation:,} validation, {split.test:,} test"


def epochs(story: Story) -> str:
    """Epochs of training, the best one, and why it stopped."""
    model = story.model_ref
    if model is None:
        return UNKNOWN
    why = {"early": "stopped early", "limit": "to the limit", "deadline": "until the deadline"}[model.stopped]
    return f"{model.epochs} (best {model.best_epoch}), {why}, {model.seconds:.0f} s"


def passed(gate: GateOutcome) -> str:
    """The outcome of a gate in words."""
    return {True: "passed", False: "failed", None: "not applicable"}[gate.passed]


def gates(story: Story) -> list[tuple[GateOutcome, str]]:
    """(what a gate found, its name and segment): those that failed first, then in their order."""
    ordered = sorted(story.verdict.gates, key=lambda gate: gate.passed is not False)
    return [(gate, f"{gate.name} ({gate.segment})" if gate.segment else gate.name) for gate in ordered]


@dataclass(frozen=True)
class ScoreTable:
    """Scores of one target or of all. rows: a contestant and its numbers, each with whether it is the best."""

    title: str
    rows: tuple[tuple[str, tuple[tuple[str, bool], ...]], ...]


def score_tables(story: Story) -> list[ScoreTable]:
    """Over all first, then by target where there are several."""
    overall: dict[str, Mapping[str, Any]] = {score.method: score.model_dump() for score in story.verdict.scores}
    targets = story.panel.target_names
    tables = [_score_table("all targets" if len(targets) > 1 else targets[0], overall, story)] if overall else []
    if story.scores is None or len(targets) < 2:
        return tables
    rows = story.scores.filter(pc.equal(story.scores["scope"], "target")).to_pylist()
    for target in targets[:MOST_TABLES]:
        tables.append(_score_table(target, {row["method"]: row for row in rows if row["target"] == target}, story))
    return tables


def _score_table(title: str, scores: Mapping[str, Mapping[str, Any]], story: Story) -> ScoreTable:
    columns = {column: {method: row.get(column) for method, row in scores.items()} for column in SCORE_COLUMNS}
    texts = {column: _texts(column, values) for column, values in columns.items()}
    best = {column: _best(column, values, story.pipeline.quantile_levels) for column, values in columns.items()}
    rows = [
        (contestant(method, story), tuple((texts[column][method], method in best[column]) for column in SCORE_COLUMNS))
        for method in in_order(set(scores))
    ]
    return ScoreTable(title, tuple(rows))


def contestant(method: str, story: Story) -> str:
    """A method with the version that was judged under its name."""
    versions = {"challenger": story.verdict.challenger_version, "champion": story.verdict.champion_version}
    version = versions.get(method)
    return method_name(method) + (f" v{version}" if version is not None else "")


def _texts(column: str, values: Mapping[str, float | None]) -> dict[str, str]:
    """A column of scores by contestant, as text."""
    if column == "points":
        return {method: count(None if value is None else int(value)) for method, value in values.items()}
    return table_column(values, " %" if column == "smape" else "")


def _best(column: str, values: Mapping[str, float | None], levels: tuple[float, ...]) -> set[str]:
    """Contestants with the smallest error, or with the coverage nearest to what the outer levels promise."""
    known = {method: value for method, value in values.items() if value is not None and math.isfinite(value)}
    if column == "coverage":
        known = {method: abs(value - (levels[-1] - levels[0])) for method, value in known.items()}
    elif column not in ERROR_METRICS:
        return set()
    return {method for method, value in known.items() if value == min(known.values())} if len(known) > 1 else set()


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


def data_notes(story: Story) -> list[Fact]:
    """(`warning`, `repair` or `note`, a sentence) for everything that was found in the observations."""
    report = quality_report(story)
    if report is not None:
        return report.findings()
    found = [("warning", _sentence(item)) for item in story.quality.get("warnings") or story.panel_ref.warnings]
    return found + [("repair", _sentence(item)) for item in story.quality.get("repairs") or ()]


def quality_report(story: Story) -> QualityReport | None:
    """What ingest found; None where it is of another version, or ingest never came so far."""
    try:
        return QualityReport.model_validate(story.quality)
    except ValidationError:
        return None


def changed_rows(story: Story) -> list[tuple[str, str, str, str, str]]:
    """(what was done, column, series, count, first place) of every kind of row set aside and of every repair."""
    report = quality_report(story)
    if report is None:
        return []
    return [
        *(
            (
                f"set aside: {one.reason}",
                one.column or UNKNOWN,
                UNKNOWN,
                count(one.rows),
                one.examples[0] if one.examples else UNKNOWN,
            )
            for one in report.set_aside
        ),
        *((one.kind, one.column or UNKNOWN, one.series, count(one.count), one.first) for one in report.repairs),
    ]


def vintages(story: Story) -> str:
    """Whether it is known since when each observation was known."""
    if story.panel_ref.vintages:
        return "known: a replayed origin can read what was known then"
    return "unknown (no source.known_at): a replayed origin sees later corrections too"


def _sentence(item: object) -> str:
    """A note of the quality report, which may be a sentence or a record that has one."""
    if not isinstance(item, Mapping):
        return str(item)
    for name in ("sentence", "message"):
        if name in item:
            return str(item[name])
    return ", ".join(f"{name} {value}" for name, value in item.items() if value is not None)


def missing_note(story: Story) -> str:
    """How much of what should have been observed was not."""
    share = share_missing(story.panel)
    if not share:
        return "No target is missing at any step."
    return (
        f"{table_number(100 * share)} % of the targets are missing; the network reads a filling, which is never scored."
    )
