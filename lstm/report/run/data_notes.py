"""What was found in the observations and done about it, in sentences and as rows of a table."""

from collections.abc import Mapping

from pydantic import ValidationError

from lstm.data.quality.report import QualityReport
from lstm.evaluation.wording import UNKNOWN, count, table_number
from lstm.report.charts.missing import share_missing
from lstm.report.run.story import Story


def data_notes(story: Story) -> list[tuple[str, str]]:
    """(`set aside`, `warning`, `missing`, `repair` or `note`; a sentence) for all that was found in the rows."""
    report = quality_report(story)
    if report is not None:
        return report.findings()
    warnings = [("warning", _sentence(item)) for item in story.quality.get("warnings") or story.panel_ref.warnings]
    return warnings + [("repair", _sentence(item)) for item in story.quality.get("repairs") or ()]


def quality_report(story: Story) -> QualityReport | None:
    """What ingest found; None where it is of another version, or ingest never came so far."""
    try:
        return QualityReport.model_validate(story.quality)
    except ValidationError:
        return None


def changed_rows(story: Story) -> list[tuple[str, str, str, str, str]]:
    """(what it is, column, series, count, first place) of rows set aside, steps without a target and repairs."""
    report = quality_report(story)
    if report is None:
        return []
    refused = []
    for kind in report.set_aside:
        first = kind.examples[0] if kind.examples else UNKNOWN
        refused.append((f"set aside: {kind.reason}", kind.column or UNKNOWN, UNKNOWN, count(kind.rows), first))
    missing = [
        (
            f"missing, the longest run {count(steps.longest)} from {steps.longest_from}",
            steps.column,
            steps.series,
            count(steps.count),
            steps.first,
        )
        for steps in report.missing
    ]
    repaired = [
        (repair.kind, repair.column or UNKNOWN, repair.series, count(repair.count), repair.first)
        for repair in report.repairs
    ]
    return [*refused, *missing, *repaired]


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
        f"{table_number(100 * share)} % of the targets are missing; the network reads values that were filled in for "
        "them, and these are never scored."
    )
