"""The steps of a run, each by its name: plain functions here; a flow hands in tasks around them."""

from collections.abc import Callable
from dataclasses import dataclass

from lstm.config import Sink
from lstm.references import ExplanationRef, ForecastRef, ModelRef, PanelRef, Publication, Receipt, Verdict, WindowsRef
from lstm.report.run.story import Story
from lstm.steps.after.explain import explain
from lstm.steps.after.track import track
from lstm.steps.before.questions import ask
from lstm.steps.begin_and_end import Begin, Finish, begin, finish
from lstm.steps.champions.choose import choose_champion, choose_version, judge_failure
from lstm.steps.deliver import deliver, deliver_late
from lstm.steps.evaluate import evaluate
from lstm.steps.forecast import check_ledger, forecast
from lstm.steps.ingest import ingest, last_end
from lstm.steps.job import Job
from lstm.steps.publish import publish
from lstm.steps.run_report import report
from lstm.steps.train import train
from lstm.steps.window import window


@dataclass(frozen=True)
class Steps:
    """The steps of a run. A flow hands in tasks that retry and are watched; as they stand here they are plain."""

    begin: Begin = begin
    ask: Callable[[Job], None] = ask
    last_end: Callable[[Job], str | None] = last_end
    ingest: Callable[..., PanelRef] = ingest
    check_ledger: Callable[[Job], None] = check_ledger
    window: Callable[[Job, PanelRef], WindowsRef] = window
    train: Callable[[Job, PanelRef, WindowsRef], ModelRef] = train
    evaluate: Callable[..., Verdict] = evaluate
    judge_failure: Callable[[Job, str, str], Verdict] = judge_failure
    choose_champion: Callable[[Job], Verdict] = choose_champion
    choose_version: Callable[[Job, int, str], Verdict] = choose_version
    forecast: Callable[[Job, PanelRef, Verdict], ForecastRef] = forecast
    publish: Callable[[Job, PanelRef, Verdict, ForecastRef], Publication] = publish
    deliver: Callable[[Job, Sink], Receipt] = deliver
    deliver_late: Callable[[Job, Sink], list[Receipt]] = deliver_late
    explain: Callable[[Job, PanelRef, Verdict, ForecastRef], ExplanationRef] = explain
    report: Callable[[Job, PanelRef, WindowsRef | None, ModelRef | None, Verdict], Story] = report
    track: Callable[[Job, Story], None] = track
    finish: Finish = finish


PLAIN = Steps()
