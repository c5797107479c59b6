"""`report.html`: one file that needs nothing else, neither network nor script, for screen, dark screen and paper."""

from lstm.evaluation.wording import UNKNOWN, instant, local_minute, table_number
from lstm.report.markup.html import render
from lstm.report.run.change_words import describe_change
from lstm.report.run.contestant_names import methods
from lstm.report.run.data_notes import changed_rows, data_notes, missing_note
from lstm.report.run.run_facts import WRITTEN_COLUMNS, Fact, epoch_counts, member_cards, rows_written, run_facts
from lstm.report.run.score_tables import SCORE_COLUMNS, score_tables
from lstm.report.run.story import Story
from lstm.report.run.verdict_words import headline, ordered_gates, outcome, verdict_sentence

MOST_NOTES = 40
TONES = {True: "state good", False: "state bad", None: "muted"}

Cell = str | tuple[str, str]  # a text, or a text and the class of its cell
Row = tuple[Cell, ...]


def html_page(story: Story) -> str:
    """The whole report of a run as HTML."""
    name, as_of = story.pipeline.name, instant(story.key.as_of, story.pipeline.time_zone)
    tone, state = headline(story)
    return render(
        "report.html.j2",
        title=f"{name}, {story.key.kind} as of {as_of}",
        heading=name,
        subtitle=f"{story.key.kind} as of {as_of}, written {local_minute(story.written_at, story.pipeline.time_zone)}",
        tone=tone,
        state=state,
        sentence=verdict_sentence(story.verdict, story.key),
        summary=run_facts(story),
        pictures=story.pictures,
        explanation=story.explanation,
        change=describe_change(story.change, story.panel) if story.change is not None else None,
        change_note=story.change_note,
        change_picture=story.change_picture,
        gates=_gates(story),
        origins=story.verdict.origins,
        score_columns=("", *SCORE_COLUMNS.values()),
        scores=_scores(story),
        methods=[(method, series, reason or UNKNOWN) for method, series, reason in methods(story)],
        training=_training(story),
        choices=_choices(story),
        notes=data_notes(story),
        changed_rows=changed_rows(story),
        most_notes=MOST_NOTES,
        missing_note=missing_note(story),
        written_columns=WRITTEN_COLUMNS,
        written=rows_written(story),
        locations=story.locations.items(),
    )


def _gates(story: Story) -> list[Row]:
    return [
        (
            name,
            (outcome(gate), TONES[gate.passed]),
            table_number(gate.observed),
            gate.threshold or UNKNOWN,
            gate.reason,
        )
        for gate, name in ordered_gates(story)
    ]


def _scores(story: Story) -> list[tuple[str, list[Row]]]:
    """(title, rows) of each table, with the best of each column marked."""
    tables = []
    for table in score_tables(story):
        rows = [(name, *((text, "best") if best else text for text, best in cells)) for name, cells in table.rows]
        tables.append((table.title, rows))
    return tables


def _training(story: Story) -> list[Fact]:
    model = story.model_ref
    if model is None:
        return []
    tuned = (story.card or {}).get("tuned_through")
    losses = [member["validation_loss"] for member in member_cards(story)] or [model.validation_loss]
    return [
        ("epochs", epoch_counts(story)),
        ("best validation loss", ", ".join(table_number(loss, 4) for loss in losses)),
        ("judged weights have seen", model.trained_through),
        *((("their settings were chosen by", f"what was known through {tuned}"),) if tuned else ()),
        ("serving weights have seen", model.served_through),
    ]


def _choices(story: Story) -> list[Row]:
    """(setting, value, why) of what the rules chose for this model."""
    choices = (story.card or {}).get("choices", ())
    return [tuple(str(choice.get(name, "")) for name in ("name", "value", "reason")) for choice in choices]
