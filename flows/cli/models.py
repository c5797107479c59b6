"""The commands on models: which there are, who serves and who did, changing that, and pruning."""

import getpass
import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.invocation import AsOf, PipelineFile, open_registry, run_flow
from flows.cli.startup import imported_for_good
from flows.cli.terminal import console, show_rows, show_run
from lstm.config import Pipeline
from lstm.errors import ConfigError, ModelError

if TYPE_CHECKING:
    from lstm.references import Contract, Lineage
    from lstm.storage.registry.registry import Promotion, RegisteredModel, Registry

models = typer.Typer(
    help="The models of a pipeline: which there are, which one serves, and changing that.", no_args_is_help=True
)
Version = Annotated[int, typer.Argument(help="Version, such as 2 for v2.")]
Why = Annotated[str, typer.Option("--why", help="The reason, kept with the promotion.", prompt="Why")]


@models.command("list")
def list_models(pipeline: PipelineFile) -> None:
    """Lists every version, newest first, and says which one serves.

    Example: `nightcast models list examples/nyc-weather/pipeline.toml`
    """
    settings, registry = open_registry(pipeline)
    rows = [vars(model) for model in registry.models(settings.name)]
    if not rows:
        console.print(f"{settings.name} has no model yet; `nightcast run {pipeline}` trains one")
        return
    show_rows(rows, f"models of {settings.name}")


@models.command("show")
def show_model(pipeline: PipelineFile, version: Version) -> None:
    """Shows one version: where it is, where it comes from, how it was judged, and when and why it became champion.

    Example: `nightcast models show examples/nyc-weather/pipeline.toml 1`
    """
    from lstm.report.run.words import passed

    settings, registry = open_registry(pipeline)
    model = registry.model(settings.name, version)
    rows = [[name, str(value)] for name, value in model.model_dump(exclude={"contract"}).items()]
    rows += [[name, str(value)] for name, value in model.contract.model_dump().items()]
    rows += _lineage_rows(registry.lineage(settings.name, version))
    verdict = registry.verdict(model.run_id)
    if verdict is not None and verdict.challenger_version == version:
        rows += [["verdict", verdict.sentence]]
        rows += [[_gate_name(gate.name, gate.segment), f"{passed(gate)}; {gate.reason}"] for gate in verdict.gates]
    promotions = [change for change in registry.promotions(settings.name) if change.version == version]
    rows += [["champion", _told(change)] for change in promotions]
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
        ["settings", json.dumps(_given(lineage.settings))],
    ]


def _given(settings: Any) -> Any:
    """Settings without what was left out."""
    if isinstance(settings, list):
        return [_given(value) for value in settings]
    if not isinstance(settings, dict):
        return settings
    return {name: _given(value) for name, value in settings.items() if value not in (None, [], {})}


def _gate_name(name: str, segment: str) -> str:
    return f"gate: {name}, {segment}" if segment else f"gate: {name}"


def _told(change: "Promotion") -> str:
    place = f"after v{change.previous_version}" if change.previous_version is not None else "the first"
    run = f" in {change.run_id}" if change.run_id is not None else ""
    return f"since {_moment(change.promoted_at)}, {place}, by {change.who}{run}: {change.why}"


def _label(version: int | None) -> str:
    return f"v{version}" if version is not None else "no champion"


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")


@models.command()
def champion(
    pipeline: PipelineFile,
    on: Annotated[
        str | None,
        typer.Option(help="A date, for everyone who served on that day, or an ISO instant; now when left out."),
    ] = None,
) -> None:
    """Says who is champion, or was: since when, by which run, by whom and why.

    Example: `nightcast models champion examples/nyc-weather/pipeline.toml --on 2013-12-30`
    """
    settings, registry = open_registry(pipeline)
    start, end = _span(on, settings, datetime.now(UTC))
    served = registry.champions_between(settings.name, start, end)
    if not served:
        first = [change for change in registry.promotions(settings.name) if change.version is not None][-1:]
        later = f"; the first was v{first[0].version} from {_moment(first[0].promoted_at)}" if first else ""
        console.print(f"{settings.name} had no champion {f'on {on}' if on is not None else 'until now'}{later}")
        return
    rows: list[list[str]] = []
    for change in served:
        rows += [["champion", _label(change.version)]]
        if change.version is not None:
            rows += [["model", registry.model(settings.name, change.version).uri]]
        rows += [["since", _moment(change.promoted_at)], ["before", _label(change.previous_version)]]
        rows += [["by run", change.run_id or "none, by hand"], ["who", change.who], ["why", change.why]]
    show_run(rows)


def _span(on: str | None, settings: Pipeline, now: datetime) -> tuple[datetime, datetime]:
    """First and last instant that `--on` asks about; a date is that whole day in the pipeline's zone."""
    from lstm.data.frequency.as_of import parse_as_of

    if on is None:
        return now, now
    first = parse_as_of(on, pipeline=settings, now=now)
    if isinstance(first, int):
        raise ConfigError(f"--on {on!r} is a step; who was champion is known by date (2013-12-30) or ISO instant")
    if not re.fullmatch(r"\s*\d{4}-\d\d-\d\d\s*", on):
        return first, first
    day = date.fromisoformat(on.strip())
    if day == date.max:
        return first, datetime.max.replace(tzinfo=UTC)
    after = parse_as_of(str(day + timedelta(days=1)), pipeline=settings, now=now)
    assert isinstance(after, datetime)
    return first, after - timedelta(microseconds=1)


@models.command()
def promote(
    pipeline: PipelineFile,
    version: Annotated[str, typer.Argument(help="Version, such as 2 for v2, or `baseline:seasonal_naive`.")],
    why: Why,
) -> None:
    """Makes a version, or a baseline, champion by your word; the next run forecasts with it.

    Example: `nightcast models promote examples/nyc-weather/pipeline.toml 2 --why "v3 was trained on a broken sensor"`
    """
    from lstm.storage.runs.model_folder import check_servable
    from lstm.storage.runs.run_folder import runs_root

    settings, registry = open_registry(pipeline)
    if not why.strip():
        raise ConfigError(f"a reason is needed to make {version} champion; say it with --why")
    number = _version_of(version, settings, registry)
    serving = registry.champion(settings.name)
    if serving is not None and serving.version == number:
        console.print(f"{serving.label} is champion of {settings.name} already; nothing was changed")
        return
    root = runs_root(settings.store.folder, pipeline.resolve().parent)

    def check(model: "RegisteredModel") -> None:
        check_servable(root, model)

    champion = registry.set_champion(
        settings.name,
        number,
        who=getpass.getuser(),
        why=why,
        now=datetime.now(UTC),
        contract=_contract(settings, registry, registry.model(settings.name, number).contract.frequency),
        check=check,
    )
    console.print(f"{champion.label} is champion of {settings.name}; the next run forecasts with it")


def _version_of(text: str, settings: Pipeline, registry: "Registry") -> int:
    """A version's number. A baseline is registered where it has none yet."""
    from lstm.model.baselines.model import baseline_name

    if re.fullmatch("v?[0-9]{1,9}", text):
        return _known(int(text.removeprefix("v")), settings, registry)
    if not text.startswith("baseline:"):
        raise ConfigError(f"{text!r} is no version; give a number such as 2, or baseline:seasonal_naive")
    try:
        name = baseline_name(text)
    except ModelError as error:
        raise ConfigError(str(error)) from error
    contract = _contract(settings, registry, None)
    return registry.register_baseline(settings.name, name, contract, datetime.now(UTC))


def _known(version: int, settings: Pipeline, registry: "Registry") -> int:
    versions = sorted(model.version for model in registry.models(settings.name))
    if version not in versions:
        there = ", ".join(f"v{known}" for known in versions) or "none"
        raise ConfigError(f"{settings.name} has no model v{version}; there are: {there}")
    return version


def _contract(settings: Pipeline, registry: "Registry", otherwise: str | None) -> "Contract":
    """What the pipeline promises. otherwise: the frequency, where neither the file nor a publication tells it."""
    from lstm.data.frequency.aliases import parse_frequency
    from lstm.references import Contract

    agreed = registry.agreed_contract(settings.name)
    frequency = agreed.frequency if agreed is not None else otherwise
    if settings.frequency is not None:
        frequency = parse_frequency(settings.frequency).alias
    if frequency is None:
        raise ConfigError(f"the frequency of {settings.name} is not known yet; give it in the file, or run once first")
    return Contract(
        targets=settings.source.targets,
        series=settings.source.series,
        horizon=settings.horizon,
        frequency=frequency,
        quantile_levels=settings.quantile_levels,
    )


@models.command()
def rollback(pipeline: PipelineFile, why: Why, as_of: AsOf = None) -> None:
    """Gives the place back to the champion before, and forecasts afresh with it as a new run.

    Example: `nightcast models rollback examples/nyc-weather/pipeline.toml --why "v2 is too wide" --as-of 2013-12-30`
    """
    settings, registry = open_registry(pipeline)
    if not why.strip():
        raise ConfigError("a reason is needed to roll back; say it with --why")
    version = registry.rollback_target(settings.name)
    with imported_for_good():
        from flows.forecast import rollback as rollback_flow

    run_flow(rollback_flow, pipeline, version=version, why=why, as_of=as_of)


def prune(pipeline: PipelineFile) -> None:
    """Removes the folders of old runs: all but the newest `store.keep_runs`, and every run that a promotion needs.

    Example: `nightcast prune examples/nyc-weather/pipeline.toml`
    """
    from lstm.storage.registry.prune import prune as prune_runs
    from lstm.storage.runs.run_folder import RunStore, runs_root

    settings, registry = open_registry(pipeline)
    root = runs_root(settings.store.folder, pipeline.resolve().parent)
    removed = prune_runs(
        registry.engine, settings.name, settings.store.keep_runs, lambda run_id: RunStore(root, run_id).remove("")
    )
    for run_id in removed:
        console.print(f"removed {RunStore(root, run_id).uri}", markup=False, highlight=False)
    console.print(f"{len(removed)} run folders removed; forecasts, verdicts and models of promotions stay")
