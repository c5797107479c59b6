"""The commands that look at models: which there are, who serves and who did; and pruning."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.invocation import PipelineFile, open_registry, version_number
from flows.cli.terminal import console, show_rows, show_run
from lstm.errors import ConfigError
from lstm.quantity import quantity

if TYPE_CHECKING:
    from lstm.config import Pipeline
    from lstm.references import Lineage
    from lstm.storage.registry.registry import Promotion

models = typer.Typer(
    help="The models of a pipeline: which there are, which one serves, and changing that.", no_args_is_help=True
)
Version = Annotated[str, typer.Argument(help="Version, such as 2 or v2.")]


@models.command("list")
def list_models(pipeline_file: PipelineFile) -> None:
    """Lists every version, newest first, and says which one serves.

    Example: `nightcast models list examples/nyc-weather/pipeline.toml`
    """
    pipeline, registry = open_registry(pipeline_file)
    rows = [vars(model) for model in registry.models(pipeline.name)]
    if not rows:
        console.print(f"{pipeline.name} has no model yet; `nightcast run {pipeline_file}` trains one")
        return
    show_rows(rows, f"models of {pipeline.name}")


@models.command("show")
def show_model(pipeline_file: PipelineFile, version: Version) -> None:
    """Shows one version: where it is, where it comes from, how it was judged, and when and why it became champion.

    Example: `nightcast models show examples/nyc-weather/pipeline.toml 1`
    """
    from lstm.report.run.verdict_words import outcome

    number = version_number(version)
    if number is None:
        raise ConfigError(f"{version!r} is no version; give a number such as 2")
    pipeline, registry = open_registry(pipeline_file)
    model = registry.model(pipeline.name, number)
    rows = [[name, str(value)] for name, value in model.model_dump(exclude={"contract"}).items()]
    rows += [[name, str(value)] for name, value in model.contract.model_dump().items()]
    rows += _lineage_rows(registry.lineage(pipeline.name, number))
    verdict = registry.verdict(model.run_id)
    if verdict is not None and verdict.challenger_version == number:
        rows += [["verdict", verdict.sentence]]
        rows += [[_gate_name(gate.name, gate.segment), f"{outcome(gate)}; {gate.reason}"] for gate in verdict.gates]
    promotions = [change for change in registry.promotions(pipeline.name) if change.version == number]
    rows += [["champion", _promotion_text(change)] for change in promotions]
    show_run(rows)


def _lineage_rows(lineage: "Lineage | None") -> list[list[str]]:
    if lineage is None:
        return []
    packages = ", ".join(f"{name} {version}" for name, version in lineage.packages.items())
    return [
        ["panel", lineage.panel_fingerprint],
        ["windows", lineage.windows_fingerprint],
        ["code", lineage.code_version],
        ["packages", packages],
        ["trained beside", _label(lineage.parent_version)],
        ["settings", json.dumps(_without_blanks(lineage.settings))],
    ]


def _without_blanks(settings: Any) -> Any:
    """Settings without keys that were left out, tables in tables too."""
    if isinstance(settings, list):
        return [_without_blanks(value) for value in settings]
    if not isinstance(settings, dict):
        return settings
    return {name: _without_blanks(value) for name, value in settings.items() if value not in (None, [], {})}


def _gate_name(name: str, segment: str) -> str:
    return f"gate: {name}, {segment}" if segment else f"gate: {name}"


def _promotion_text(change: "Promotion") -> str:
    place = f"after v{change.previous_version}" if change.previous_version is not None else "the first"
    run = f" in {change.run_id}" if change.run_id is not None else ""
    return f"since {_moment(change.promoted_at)}, {place}, by {change.who}{run}: {change.why}"


def _label(version: int | None) -> str:
    return f"v{version}" if version is not None else "no champion"


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")


@models.command()
def champion(
    pipeline_file: PipelineFile,
    on: Annotated[
        str | None,
        typer.Option(help="A date, for everyone who served on that day, or an ISO instant; now when left out."),
    ] = None,
) -> None:
    """Says who is champion, or was: since when, by which run, by whom and why.

    Example: `nightcast models champion examples/nyc-weather/pipeline.toml --on 2013-12-30`
    """
    pipeline, registry = open_registry(pipeline_file)
    start, end = _span(on, pipeline, datetime.now(UTC))
    served = registry.champions_between(pipeline.name, start, end)
    if not served:
        earliest = [change for change in registry.promotions(pipeline.name) if change.version is not None][-1:]
        later = "".join(f"; the first was v{change.version} from {_moment(change.promoted_at)}" for change in earliest)
        console.print(f"{pipeline.name} had no champion {f'on {on}' if on is not None else 'until now'}{later}")
        return
    rows: list[list[str]] = []
    for change in served:
        rows += [["champion", _label(change.version)]]
        if change.version is not None:
            rows += [["model", registry.model(pipeline.name, change.version).uri]]
        rows += [["since", _moment(change.promoted_at)], ["before", _label(change.previous_version)]]
        rows += [["by run", change.run_id or "none, by hand"], ["who", change.who], ["why", change.why]]
    show_run(rows)


def _span(on: str | None, pipeline: "Pipeline", now: datetime) -> tuple[datetime, datetime]:
    """First and last instant that `--on` asks about; a date is that whole day in the pipeline's zone."""
    from lstm.data.frequency.as_of import parse_as_of

    if on is None:
        return now, now
    first = parse_as_of(on, pipeline=pipeline, now=now)
    if isinstance(first, int):
        raise ConfigError(f"--on {on!r} is a step; who was champion is known by date (2013-12-30) or ISO instant")
    if not re.fullmatch(r"\s*\d{4}-\d\d-\d\d\s*", on):
        return first, first
    day = date.fromisoformat(on.strip())
    if day == date.max:
        return first, datetime.max.replace(tzinfo=UTC)
    after = parse_as_of(str(day + timedelta(days=1)), pipeline=pipeline, now=now)
    assert isinstance(after, datetime)
    return first, after - timedelta(microseconds=1)


def prune(pipeline_file: PipelineFile) -> None:
    """Removes the folders of old runs, as each run does at its end: all but the newest `store.keep_runs`, and what
    a promotion needs.

    Example: `nightcast prune examples/nyc-weather/pipeline.toml`
    """
    from lstm.storage.registry.prune import prune_folders
    from lstm.storage.runs.run_folder import RunStore, runs_root

    pipeline, registry = open_registry(pipeline_file)
    root = runs_root(pipeline.store.folder, pipeline_file.resolve().parent)
    removed = prune_folders(registry.engine, pipeline.name, pipeline.store.keep_runs, root)
    for run_id in removed:
        console.print(f"removed {RunStore(root, run_id).uri}")
    console.print(f"{quantity(len(removed), 'run folder')} removed; forecasts, verdicts and models of promotions stay")
