"""What if: whoever forecast tonight, with other future covariates, beside tonight's forecast. Nothing is published."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from lstm.config import Roles, Table
from lstm.contestants import in_sentence
from lstm.data.frequency.as_of import read_as_of
from lstm.data.ingest.panel_settings import PanelSettings
from lstm.data.panel.panel import Panel
from lstm.data.quality.report import listed
from lstm.data.rows.source_rows import SourceRows
from lstm.data.scenario.future_changes import parse_change, parse_conditions, series_where, with_changes
from lstm.data.scenario.plan_table import with_plan
from lstm.errors import ConfigError
from lstm.model.forecaster.forecaster import Forecaster
from lstm.model.serving.serve import Server, serve
from lstm.references import Verdict
from lstm.report.scenario.scenario_page import scenario_page, scenario_rows
from lstm.report.scenario.scenario_story import ScenarioStory
from lstm.steps.after.published_run import published_jobs, published_night
from lstm.steps.champions.usable import contract_of
from lstm.steps.champions.who_serves import judged_by, rules_of, server_of
from lstm.steps.job import Job, OpenExecutor, SecretBlocks, no_blocks, open_processes
from lstm.storage.runs.run_folder import fingerprint
from lstm.storage.sources.read import read_source
from lstm.storage.sources.sample import Home, look_at_files


@dataclass(frozen=True)
class Assumptions:
    """What a person assumes. changes: such as `scheduled*=1.1`. where: such as `carrier=AA`.

    plan: path of a table of future covariates; a relative one begins at the pipeline file.
    as_of: of the night that is compared with; the current one where left out.
    """

    changes: Sequence[str] = ()
    where: Sequence[str] = ()
    plan: str | None = None
    as_of: str | None = None

    def in_words(self) -> str:
        """`scheduled *= 1.1 where carrier = AA`."""
        parts = [str(parse_change(text)) for text in self.changes]
        parts += [f"the plan {Path(self.plan).name}"] if self.plan is not None else []
        conditions = [f"{column} = {' or '.join(values)}" for column, values in parse_conditions(self.where).items()]
        return " and ".join(parts) + (f" where {', '.join(conditions)}" if conditions else "")


def what_if(
    pipeline_file: str,
    assumptions: Assumptions,
    *,
    open_executor: OpenExecutor = open_processes,
    blocks: SecretBlocks = no_blocks,
) -> ScenarioStory:
    """Forecasts with other future covariates, writes page and rows into the run's folder, and answers the story.

    open_executor: opens who forecasts. Raises ConfigError where nothing was published, nothing is assumed, or whoever
    serves reads no such covariate; DataError and SourceError for a plan that cannot be used.
    """
    if not assumptions.changes and assumptions.plan is None:
        raise ConfigError("say what is different: --set-future 'scheduled*=1.1', or --future plan.csv")
    job, panel, verdict = published_night(published_jobs(pipeline_file, assumptions.as_of, blocks))
    server = _server(job, panel, verdict)
    scenario = _assumed(job, panel, assumptions)
    _refuse_unread(server, scenario)
    torch.set_num_threads(job.pipeline.training.threads or 1)  # as that night, to the last bits
    with open_executor(job) as executor:
        rules = rules_of(job, panel, server, judged_by(job, verdict))
        tonight, assumed = (serve(of, server, rules, executor) for of in (panel, scenario.panel))
    folder = f"whatif/{fingerprint([assumptions.in_words(), scenario.panel.fingerprint])[:12]}"
    story = ScenarioStory(
        pipeline=job.pipeline,
        key=job.key,
        assumptions=assumptions.in_words(),
        panel=panel,
        scenario=scenario.panel,
        changed=scenario.chosen,
        tonight=tonight,
        assumed=assumed,
        plan_notes=scenario.notes,
        folder=f"{job.run_store().uri}/{folder}",
    )
    if not story.open_steps.any():
        raise ConfigError("every step of the horizon is closed (calendar.closed), so there is nothing to compare")
    # The same question has the same place, below the run's folder, and goes with it.
    job.run_store().write_table(f"{folder}/whatif.parquet", scenario_rows(story))
    job.run_store().write_bytes(f"{folder}/whatif.html", scenario_page(story).encode())
    return story


@dataclass(frozen=True)
class _Scenario:
    """A panel with what is assumed. chosen: bool (S), series of which anything is different. covariates: which are."""

    panel: Panel
    chosen: np.ndarray
    covariates: tuple[str, ...]
    notes: tuple[str, ...]


def _assumed(job: Job, panel: Panel, assumptions: Assumptions) -> _Scenario:
    """First the plan, then the changes, for the series that the conditions leave."""
    chosen, scenario = series_where(panel, parse_conditions(assumptions.where)), panel
    notes: tuple[str, ...] = ()
    changes = [parse_change(text) for text in assumptions.changes]
    if assumptions.plan is not None:
        rows, roles, unread = _plan(job, assumptions.plan)
        planned = with_plan(panel, rows, roles, PanelSettings.of(job.pipeline), read_as_of(job.key.as_of))
        future = np.where(chosen[panel.row_series][:, None], planned.panel.future, panel.future)
        scenario, notes = replace(panel, future=future), planned.notes
        notes += (f"the plan's columns {listed(unread)} are not read",) if unread else ()
    scenario = with_changes(scenario, changes, chosen)
    different = ~((scenario.future == panel.future) | (np.isnan(scenario.future) & np.isnan(panel.future)))
    if not different.any():
        why = "; ".join(notes) or "every covariate has these values tonight, too"
        raise ConfigError(f"nothing is different from what is known: {why}")
    changed = np.zeros(panel.series, bool)
    changed[panel.row_series[different.any(axis=1)]] = True
    names = tuple(np.array(panel.future_names, object)[different.any(axis=0)])
    return _Scenario(scenario, changed, names, notes)


def _plan(job: Job, plan: str) -> tuple[SourceRows, Roles, tuple[str, ...]]:
    """(rows, their roles, columns that are not read) of a plan, written as the source's file is, where that is one."""
    source = job.pipeline.source
    columns = look_at_files(plan, Home(job.folder, job.folder)).table.column_names
    covariates = tuple(name for name in source.future_covariates if name in columns)
    if not covariates:
        raise ConfigError(
            f"{plan} has none of the future covariates {list(source.future_covariates)}; its columns are {columns}"
        )
    written = source.model_dump(include={"decimal", "thousands", "missing"}) if source.path is not None else {}
    table = Table(path=plan, time_format=source.time_format if source.path is not None else None, **written)
    roles = replace(source.future_roles, numbers=covariates, known_at=None)
    rows = read_source(table, roles, folder=job.folder, url=None, binds={})
    return rows, roles, tuple(name for name in columns if name not in roles.read)


def _server(job: Job, panel: Panel, verdict: Verdict) -> Server:
    """Whoever forecast that night. Raises ConfigError where it is not the one that would forecast now."""
    server = server_of(job, panel, verdict)
    served = verdict.version_of(verdict.serve)
    if served is not None and server.version is not None and server.version != served:
        raise ConfigError(
            f"tonight's forecasts were made by v{served}, and v{server.version} is champion since: forecast with it "
            "first (nightcast forecast), then ask again"
        )
    if isinstance(server.model, Forecaster):
        differences = contract_of(job, panel.frequency.alias).differences(server.model.card.contract)
        if differences:
            raise ConfigError(
                f"the pipeline file has changed since that night ({'; '.join(differences)}); run it again"
            )
    return server


def _refuse_unread(server: Server, scenario: _Scenario) -> None:
    """Raises ConfigError where whoever serves reads none of the covariates that are different."""
    read = server.model.card.future_names if isinstance(server.model, Forecaster) else ()
    if not set(scenario.covariates) & set(read):
        names = ", ".join(scenario.covariates)
        raise ConfigError(
            f"{in_sentence(server.method)} serves tonight, and does not read {names}: nothing would change"
        )
