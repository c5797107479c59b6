"""The report in short: markdown for the Prefect UI, and the table that the command prints."""

from collections.abc import Iterable, Sequence

from lstm.evaluation.wording import UNKNOWN, count, table_number
from lstm.report.charts.legend import in_order
from lstm.report.charts.style import LARGEST_SHOWN_GRID
from lstm.report.markup import markdown
from lstm.report.run.change_words import describe_change
from lstm.report.run.contestant_names import contestant, methods
from lstm.report.run.data_notes import data_notes, missing_note
from lstm.report.run.run_facts import WRITTEN_COLUMNS, epoch_counts, rows_name, rows_written, run_facts, window_counts
from lstm.report.run.score_tables import SCORE_COLUMNS, ScoreTable, score_tables
from lstm.report.run.story import Story
from lstm.report.run.verdict_words import headline, ordered_gates, outcome, verdict_sentence

MOST_LINES = 15
MOST_GATES = 25
LONGEST_CELL = 400
MARKS = {"good": "✅", "kept": "➖", "bad": "⚠️"}


def markdown_summary(story: Story) -> str:
    """The report as markdown with its pictures inside, below 200 kB: the artifact that the Prefect UI shows."""
    tone, state = headline(story)
    scores = score_tables(story)
    pictures = story.pictures
    parts = [
        f"# {_text(story.pipeline.name)}\n",
        f"{MARKS[tone]} **{_text(state)}.** {_text(verdict_sentence(story.verdict, story.key))}\n",
        _undelivered(story),
        _table(("", ""), run_facts(story)),
        markdown.part(
            "Forecasts",
            markdown.picture(pictures.forecasts, "recent history and forecast of some series", LARGEST_SHOWN_GRID),
        ),
        markdown.part("What moves the forecasts", _explanation(story)),
        markdown.part("Why tonight changed", _change(story)),
        markdown.part("Gates", _gates(story)),
        markdown.part(
            "Scores", markdown.picture(pictures.scores, "MASE by target") + (_scores(scores[0]) if scores else "")
        ),
        markdown.part("Who made the forecasts", _table(("method", "series", "reason"), methods(story)[:MOST_LINES])),
        markdown.part("Training", markdown.picture(pictures.training, "loss by epoch")),
        markdown.part("Observations", _observations(story) + markdown.picture(pictures.missing, "missing targets")),
        markdown.part("Rows written", markdown.table(WRITTEN_COLUMNS, rows_written(story))),
        markdown.part("Where everything is", markdown.places(story.locations, story.links)),
    ]
    return "\n".join(part for part in parts if part)


def table_rows(story: Story) -> list[tuple[str, str]]:
    """The short table of a run: what was read, learnt, judged and published, and where it is."""
    scores = {score.method: score for score in story.verdict.scores}
    return [
        ("rows read", count(story.panel_ref.rows_read)),
        ("series", count(story.panel_ref.series)),
        ("windows", window_counts(story)),
        ("epochs", epoch_counts(story)),
        *(
            (
                contestant(method, story),
                f"MASE {table_number(scores[method].mase)}, coverage {table_number(scores[method].coverage)}",
            )
            for method in in_order(set(scores))
        ),
        ("verdict", verdict_sentence(story.verdict, story.key)),
        (rows_name(story), count(story.forecasts.num_rows)),
        *_delivered(story),
        *story.locations.items(),
    ]


def short_state(story: Story) -> str:
    """The run's end in a few words with its mark: `✅ v2 is the new champion`."""
    tone, state = headline(story)
    return f"{MARKS[tone]} {state}"


def _delivered(story: Story) -> list[tuple[str, str]]:
    return [(f"sink {receipt.sink}", f"{count(receipt.rows)} rows") for receipt in story.receipts]


def _undelivered(story: Story) -> str:
    missing = [receipt for receipt in story.receipts if not receipt.delivered]
    return "".join(f"⚠️ **Sink {_text(receipt.sink)} got nothing.** {_text(receipt.message)}\n\n" for receipt in missing)


def _text(text: str) -> str:
    return markdown.plain(text, LONGEST_CELL)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([_text(cell) for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _gates(story: Story) -> str:
    rows = [
        (name, outcome(gate), table_number(gate.observed), gate.threshold or UNKNOWN, gate.reason)
        for gate, name in ordered_gates(story)[:MOST_GATES]
    ]
    return _table(("gate", "outcome", "observed", "asked for", "reason"), rows) if rows else ""


def _change(story: Story) -> str:
    if story.change is None:
        return f"{_text(story.change_note)}\n" if story.change_note else ""
    change = describe_change(story.change, story.panel)
    notes = "".join(f"- {_text(note)}\n" for note in change.notes)
    tables = "\n".join(_table(table.head, table.rows) for table in (change.targets, change.series) if table.rows)
    picture = markdown.picture(story.change_picture, "what changed most")
    return f"{_text(' '.join(change.sentences))}\n\n{picture}{tables}\n{notes}"


def _explanation(story: Story) -> str:
    if story.explanation is None:
        return ""
    text = story.explanation.text
    lines = "".join(f"- {_text(sentence)}\n" for sentence in (text.sentences or (text.failure,)))
    picture = markdown.picture(story.explanation.waterfall, "from usual to the forecast")
    return f"{lines}\n{picture}{_table(text.groups.head, text.groups.rows) if text.groups.rows else ''}"


def _scores(table: ScoreTable) -> str:
    rows = [
        [_text(name), *(f"**{_text(text)}**" if best else _text(text) for text, best in cells)]
        for name, cells in table.rows
    ]
    head = ["", *SCORE_COLUMNS.values()]
    return "".join(f"| {' | '.join(line)} |\n" for line in (head, ["---"] * len(head), *rows))


def _observations(story: Story) -> str:
    notes = data_notes(story)
    lines = [f"- {kind}: {_text(text)}\n" for kind, text in notes[:MOST_LINES]]
    if len(notes) > MOST_LINES:
        lines.append(f"- and {len(notes) - MOST_LINES:,} more in the report\n")
    return f"{_text(missing_note(story))}\n\n{''.join(lines)}\n"
