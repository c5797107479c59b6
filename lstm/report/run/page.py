"""`report.html`: one file that needs nothing else, neither network nor script, for screen, dark screen and paper."""

from collections.abc import Iterable, Sequence
from html import escape

from lstm.report.markup import html
from lstm.report.run import words
from lstm.report.run.change_words import ToldTable, tell_change
from lstm.report.run.story import Story

MOST_NOTES = 40


def html_page(story: Story) -> str:
    """The whole report: the verdict first, then what led to it, last where everything is. All text is escaped."""
    name, as_of = story.pipeline.name, words.instant(story.key.as_of, story.pipeline.time_zone)
    tone, short_state = words.state(story)
    sections = (
        html.verdict(tone, short_state, words.sentence(story.verdict, story.key)),
        html.section("", html.facts(words.facts(story))),
        html.section("Forecasts", _forecasts(story)),
        html.section("Why tonight changed", _change(story)),
        html.section("Gates", _gates(story)),
        html.section("Scores", _scores(story)),
        html.section("Who made the forecasts", _methods(story)),
        html.section("Training", _training(story)),
        html.section("Observations", _observations(story)),
        html.section("Rows written", html.table(words.WRITTEN_COLUMNS, words.written(story))),
        html.section("Where everything is", html.facts(list(story.locations.items()), tag="code")),
    )
    written = words.local(story.written_at, story.pipeline.time_zone)
    title = f"{name}, {story.key.kind} as of {as_of}"
    return html.whole_page(title, name, f"{story.key.kind} as of {as_of}, written {written}", sections)


def _table(head: Sequence[str], rows: Iterable[Sequence[tuple[str, str]]], style: str = "") -> str:
    """rows: cells as (text, class); all text is escaped here."""
    titles = "".join(f"<th>{escape(text)}</th>" for text in head)
    lines = "".join(f"<tr>{''.join(_cell(text, name) for text, name in row)}</tr>" for row in rows)
    return (
        f'<div class="wide"><table class="{style}"><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table></div>'
    )


def _cell(text: str, name: str) -> str:
    return f'<td class="{name}">{escape(text)}</td>' if name else f"<td>{escape(text)}</td>"


def _gates(story: Story) -> str:
    if not story.verdict.gates:
        return ""
    tones = {True: "state good", False: "state bad", None: "muted"}
    rows = [
        (
            (name, ""),
            (words.passed(gate), tones[gate.passed]),
            (words.number(gate.observed), ""),
            (gate.threshold or words.NOTHING, ""),
            (gate.reason, ""),
        )
        for gate, name in words.gates(story)
    ]
    return _table(("gate", "outcome", "observed", "asked for", "reason"), rows)


def _scores(story: Story) -> str:
    tables = words.score_tables(story)
    if not tables:
        return ""
    origins = f"{story.verdict.origins} held-out origins; everyone is scored on the same points. The best is bold."
    parts = [
        html.picture(story.pictures.scores, "MASE of each contestant by target"),
        f'<p class="muted">{origins}</p>',
    ]
    for table in tables:
        rows = [((name, ""), *((text, "best" if best else "") for text, best in cells)) for name, cells in table.rows]
        head = ("", *words.SCORE_COLUMNS.values())
        parts.append(f"<h3>{escape(table.title)}</h3>{_table(head, rows, 'numbers')}")
    return "".join(parts)


def _forecasts(story: Story) -> str:
    return html.picture(story.pictures.forecasts, "Recent history and forecast of some series")


def _change(story: Story) -> str:
    """Why the forecasts are not last night's."""
    if story.change is None:
        return f'<p class="muted">{escape(story.change_note)}</p>' if story.change_note else ""
    told = tell_change(story.change, story.panel)
    picture = html.picture(story.change_picture, "Last night's and tonight's forecast of what changed most, and why")
    notes = "".join(f"<li>{escape(note)}</li>" for note in told.notes)
    tables = _told("by target", told.targets) + _told("the largest changes", told.series)
    return f'<p>{escape(" ".join(told.sentences))}</p>{picture}{tables}<ul class="muted">{notes}</ul>'


def _told(heading: str, table: ToldTable) -> str:
    rows = [tuple((cell, "") for cell in row) for row in table.rows]
    return f"<h3>{escape(heading)}</h3>{_table(table.head, rows, 'numbers')}" if rows else ""


def _methods(story: Story) -> str:
    rows = [
        ((method, ""), (series, ""), (reason or words.NOTHING, "")) for method, series, reason in words.methods(story)
    ]
    return _table(("method", "series", "reason"), rows)


def _training(story: Story) -> str:
    if story.model_ref is None:
        return ""
    model = story.model_ref
    known = [("epochs", words.epochs(story)), ("best validation loss", words.number(model.validation_loss, 4))]
    known += [("judged weights have seen", model.trained_through), ("serving weights have seen", model.served_through)]
    choices = [
        ((str(choice.get("name", "")), ""), (str(choice.get("value", "")), ""), (str(choice.get("reason", "")), ""))
        for choice in (story.card or {}).get("choices", ())
    ]
    table = f"<h3>chosen by rule</h3>{_table(('setting', 'value', 'why'), choices)}" if choices else ""
    return html.picture(story.pictures.training, "Training and validation loss by epoch") + html.facts(known) + table


def _observations(story: Story) -> str:
    notes = words.data_notes(story)
    shown = "".join(f"<li><b>{escape(kind)}</b>: {escape(text)}</li>" for kind, text in notes[:MOST_NOTES])
    more = f"<li>and {len(notes) - MOST_NOTES:,} more in quality.json</li>" if len(notes) > MOST_NOTES else ""
    listed = f"<ul>{shown}{more}</ul>" if notes else '<p class="muted">Nothing had to be repaired.</p>'
    picture = html.picture(story.pictures.missing, "Missing targets by series and time")
    changed = words.changed_rows(story)
    rows = [tuple((cell, "") for cell in row) for row in changed[:MOST_NOTES]]
    listed += _table(("what was done", "column", "series", "count", "first"), rows) if rows else ""
    listed += f'<p class="muted">and {len(changed) - MOST_NOTES:,} more</p>' if len(changed) > MOST_NOTES else ""
    return f"{listed}<p>{escape(words.missing_note(story))}</p>{picture}"
