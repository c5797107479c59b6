"""The commands that change who serves: promote, and rollback."""

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.invocation import AsOf, PipelineFile, open_registry, run_flow, version_number
from flows.cli.startup import permanent_imports
from flows.cli.terminal import console
from lstm.contestants import is_baseline
from lstm.errors import ConfigError, ModelError

if TYPE_CHECKING:
    from lstm.config import Pipeline
    from lstm.references import Contract
    from lstm.storage.registry.registry import RegisteredModel, Registry

Why = Annotated[str, typer.Option("--why", help="The reason, kept with the promotion.", prompt="Why")]


def promote(
    pipeline_file: PipelineFile,
    version: Annotated[str, typer.Argument(help="Version, such as 2 or v2, or `baseline:seasonal_naive`.")],
    why: Why,
) -> None:
    """Makes a version, or a baseline, champion by your word; the next run forecasts with it.

    Example: `nightcast models promote examples/nyc-weather/pipeline.toml 2 --why "v3 was trained on a broken sensor"`
    """
    from lstm.storage.runs.model_folder import check_servable
    from lstm.storage.runs.run_folder import runs_root

    pipeline, registry = open_registry(pipeline_file)
    if not why.strip():
        raise ConfigError(f"a reason is needed to make {version} champion; say it with --why")
    number = _version_of(version, pipeline, registry)
    serving = registry.champion(pipeline.name)
    if serving is not None and serving.version == number:
        console.print(f"{serving.label} is champion of {pipeline.name} already; nothing was changed")
        return
    root = runs_root(pipeline.store.folder, pipeline_file.resolve().parent)

    def check(model: "RegisteredModel") -> None:
        check_servable(root, model)

    champion = registry.set_champion(
        pipeline.name,
        number,
        who=getpass.getuser(),
        why=why,
        now=datetime.now(UTC),
        contract=_contract(pipeline, registry, registry.model(pipeline.name, number).contract.frequency),
        check=check,
    )
    console.print(f"{champion.label} is champion of {pipeline.name}; the next run forecasts with it")


def _version_of(text: str, pipeline: "Pipeline", registry: "Registry") -> int:
    """A version's number. A baseline is registered where it has none yet."""
    from lstm.model.baselines.model import baseline_name

    number = version_number(text)
    if number is not None:
        return _registered_version(number, pipeline, registry)
    if not is_baseline(text):
        raise ConfigError(f"{text!r} is no version; give a number such as 2, or baseline:seasonal_naive")
    try:
        name = baseline_name(text)
    except ModelError as error:
        raise ConfigError(str(error)) from error
    contract = _contract(pipeline, registry, None)
    return registry.register_baseline(pipeline.name, name, contract, datetime.now(UTC))


def _registered_version(version: int, pipeline: "Pipeline", registry: "Registry") -> int:
    versions = sorted(model.version for model in registry.models(pipeline.name))
    if version not in versions:
        names = ", ".join(f"v{number}" for number in versions) or "none"
        raise ConfigError(f"{pipeline.name} has no model v{version}; there are: {names}")
    return version


def _contract(pipeline: "Pipeline", registry: "Registry", otherwise: str | None) -> "Contract":
    """What a model of the pipeline must be made for. otherwise: the frequency, where no file or publication says it."""
    from lstm.data.frequency.aliases import parse_frequency
    from lstm.references import Contract

    agreed = registry.agreed_contract(pipeline.name)
    frequency = agreed.frequency if agreed is not None else otherwise
    if pipeline.frequency is not None:
        frequency = parse_frequency(pipeline.frequency).alias
    if frequency is None:
        raise ConfigError(f"the frequency of {pipeline.name} is not known yet; give it in the file, or run once first")
    return Contract(
        targets=pipeline.source.targets,
        series=pipeline.source.series,
        horizon=pipeline.horizon,
        frequency=frequency,
        quantile_levels=pipeline.quantile_levels,
    )


def rollback(pipeline_file: PipelineFile, why: Why, as_of: AsOf = None) -> None:
    """Gives the place back to the champion before, and forecasts afresh with it as a new run.

    Example: `nightcast models rollback examples/nyc-weather/pipeline.toml --why "v2 is too wide" --as-of 2013-12-30`
    """
    pipeline, registry = open_registry(pipeline_file)
    if not why.strip():
        raise ConfigError("a reason is needed to roll back; say it with --why")
    version = registry.rollback_target(pipeline.name)
    with permanent_imports():
        from flows.forecast import rollback as rollback_flow

    run_flow(rollback_flow, pipeline_file, version=version, why=why, as_of=as_of)
