"""What a run read, learnt and wrote, as names and values."""

import json
from collections.abc import Mapping
from typing import Any

from lstm.evaluation.wording import UNKNOWN, count, instant
from lstm.report.run.contestant_names import contestant
from lstm.report.run.story import Story

WRITTEN_COLUMNS = ("where", "rows", "")
Fact = tuple[str, str]


def run_facts(story: Story) -> list[Fact]:
    """What was read, learnt and published."""
    panel = story.panel_ref
    return [
        *((("dry run", "nothing was published, promoted or delivered"),) if story.key.dry else ()),
        *((("set for this run", overrides_text(story.overrides)),) if story.overrides else ()),
        ("as of", instant(story.key.as_of, story.pipeline.time_zone)),
        ("cutoff", panel.cutoff),
        ("newest observation", panel.newest),
        ("frequency", f"{panel.frequency}, {story.pipeline.horizon} steps ahead"),
        ("rows read", count(panel.rows_read)),
        ("series", count(panel.series)),
        ("windows", window_counts(story)),
        ("epochs", epoch_counts(story)),
        ("who serves", contestant(story.verdict.serve, story)),
        (rows_name(story), count(story.forecasts.num_rows)),
        ("vintages", vintage_note(story)),
    ]


def rows_name(story: Story) -> str:
    """How the number of forecast rows is called: published, or only forecast in a dry run."""
    return "rows forecast" if story.key.dry else "rows published"


def overrides_text(overrides: Mapping[str, Any]) -> str:
    """`training.max_epochs = 3, quality.late_end = "degrade"`."""
    return ", ".join(f"{key} = {json.dumps(value, default=str)}" for key, value in overrides.items())


def rows_written(story: Story) -> list[tuple[str, str, str]]:
    """(place, rows, what there is to say of it) of the ledger and of every sink; see WRITTEN_COLUMNS."""
    rows, table = story.forecasts.num_rows, f"table {story.pipeline.store.forecasts_table}"
    if story.key.dry:
        return [(table, count(0), f"a dry run: {rows:,} rows lie in the run folder")]
    sinks = [
        (f"sink {receipt.sink}", count(receipt.rows), receipt.message or ("" if receipt.delivered else "still pending"))
        for receipt in story.receipts
    ]
    return [(table, count(rows), ""), *sinks]


def window_counts(story: Story) -> str:
    """Windows in each split."""
    split = story.windows_ref
    if split is None:
        return UNKNOWN
    return f"{split.train:,} training, {split.validation:,} validation, {split.test:,} test"


def epoch_counts(story: Story) -> str:
    """Epochs of each member's training, the best ones, and why they stopped; a best epoch of 0 is the start."""
    model, members = story.model_ref, member_cards(story)
    if model is None:
        return UNKNOWN
    words = {"early": "stopped early", "limit": "to the limit", "deadline": "until the deadline"}
    phases = story.history["phase"].to_pylist() if story.history is not None else []
    counts = [phases.count(f"member-{place}") for place in range(len(members))] or [model.epochs]
    best = [member["best_epoch"] for member in members] or [model.best_epoch]
    why = dict.fromkeys(words[member["stopped"]] for member in members) or [words[model.stopped]]
    listed = ", ".join(map(str, counts)), ", ".join(map(str, best))
    return f"{listed[0]} (best {listed[1]}), {' or '.join(why)}, {model.seconds:.0f} s"


def member_cards(story: Story) -> list[dict[str, Any]]:
    """What `model.json` says of each member; none without a model, or where it has only baselines."""
    return list((story.card or {}).get("members", ()))


def vintage_note(story: Story) -> str:
    """Whether it is known since when each observation was known."""
    if story.panel_ref.vintages:
        return "known: a replayed origin can read what was known then"
    return "unknown (no source.known_at): a replayed origin sees later corrections too"
