"""`report.html`: one file that needs nothing else, neither network nor script, for screen, dark screen and paper."""

import base64
from collections.abc import Iterable, Sequence
from html import escape

from lstm.report import words
from lstm.report.change_words import ToldTable, tell_change
from lstm.report.story import Story
from lstm.report.style import STYLE

MOST_NOTES = 40


def html_page(story: Story) -> str:
    """The whole report: the verdict first, then what led to it, last where everything is. All text is escaped."""
    name, as_of = story.pipeline.name, words.instant(story.key.as_of, story.pipeline.time_zone)
    sections = (
        _verdict(story),
        _section("", _facts(words.facts(story))),
        _section("Forecasts", _forecasts(story)),
        _section("Why tonight changed", _change(story)),
        _section("Gates", _gates(story)),
        _section("Scores", _scores(story)),
        _section("Who made the forecasts", _methods(story)),
        _section("Training", _training(story)),
        _section("Observations", _observations(story)),
        _section("Where everything is", _facts(list(story.locations.items()), tag="code")),
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(f"{name}, {story.key.kind} as of {as_of}")}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<header>
<h1>{escape(name)}</h1>
<p>{escape(f"{story.key.kind} as of {as_of}, written {words.local(story.written_at, story.pipeline.time_zone)}")}</p>
</header>
{"".join(sections)}
</main>
</body>
</html>
"""


def _section(heading: str, body: str) -> str:
    """A section, or nothing where there is nothing to tell."""
    if not body:
        return ""
    return f"<section>{f'<h2>{escape(heading)}</h2>' if heading else ''}{body}</section>\n"


def _verdict(story: Story) -> str:
    tone, short_state = words.state(story)
    return (
        f'<section class="verdict {tone}"><span class="state">{escape(short_state)}</span>'
        f"<p>{escape(story.verdict.sentence)}</p></section>\n"
    )


def _facts(facts: Iterable[words.Fact], tag: str = "span") -> str:
    cells = (f"<div><dt>{escape(name)}</dt><dd><{tag}>{escape(value)}</{tag}></dd></div>" for name, value in facts)
    return f'<dl class="facts">{"".join(cells)}</dl>'


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
    parts = [_picture(story.pictures.scores, "MASE of each contestant by target"), f'<p class="muted">{origins}</p>']
    for table in tables:
        rows = [((name, ""), *((text, "best" if best else "") for text, best in cells)) for name, cells in table.rows]
        head = ("", *words.SCORE_COLUMNS.values())
        parts.append(f"<h3>{escape(table.title)}</h3>{_table(head, rows, 'numbers')}")
    return "".join(parts)


def _forecasts(story: Story) -> str:
    return _picture(story.pictures.forecasts, "Recent history and forecast of some series")


def _change(story: Story) -> str:
    """Why the forecasts are not last night's."""
    if story.change is None:
        return f'<p class="muted">{escape(story.change_note)}</p>' if story.change_note else ""
    told = tell_change(story.change, story.panel)
    picture = _picture(story.change_picture, "Last night's and tonight's forecast of what changed most, and why")
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
    return _picture(story.pictures.training, "Training and validation loss by epoch") + _facts(known) + table


def _observations(story: Story) -> str:
    notes = words.data_notes(story)
    shown = "".join(f"<li><b>{escape(kind)}</b>: {escape(text)}</li>" for kind, text in notes[:MOST_NOTES])
    more = f"<li>and {len(notes) - MOST_NOTES:,} more in quality.json</li>" if len(notes) > MOST_NOTES else ""
    listed = f"<ul>{shown}{more}</ul>" if notes else '<p class="muted">Nothing had to be repaired.</p>'
    picture = _picture(story.pictures.missing, "Missing targets by series and time")
    changed = words.changed_rows(story)
    rows = [tuple((cell, "") for cell in row) for row in changed[:MOST_NOTES]]
    listed += _table(("what was done", "column", "series", "count", "first"), rows) if rows else ""
    listed += f'<p class="muted">and {len(changed) - MOST_NOTES:,} more</p>' if len(changed) > MOST_NOTES else ""
    return f"{listed}<p>{escape(words.missing_note(story))}</p>{picture}"


def _picture(png: bytes | None, alt: str) -> str:
    if png is None:
        return ""
    source = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    return f'<figure><img alt="{escape(alt)}" src="{source}"></figure>'
