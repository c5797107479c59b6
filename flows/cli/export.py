"""The command that makes of a model a folder for programs without Nightcast."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.invocation import PipelineFile, open_registry, version_number
from flows.cli.terminal import console
from lstm.errors import ConfigError


class Formats(StrEnum):
    """What a model can be exported to."""

    onnx = "onnx"
    pytorch = "pytorch"
    keras = "keras"


def export(
    pipeline_file: PipelineFile,
    to: Annotated[Path, typer.Option("--to", help="Folder to write; it must be empty or not there yet.")],
    version: Annotated[
        str | None, typer.Option("--version", help="Version, such as 2 or v2; the champion when left out.")
    ] = None,
    file_format: Annotated[
        Formats,
        typer.Option("--format", help='Format; `keras` takes models of `kind = "textbook"` alone.'),
    ] = Formats.onnx,
) -> None:
    """Writes a model into a folder for programs without Nightcast, with an example that shows how it forecasts.

    Example: `nightcast models export examples/departures/pipeline.toml --to exported --format pytorch`
    """
    from lstm.export.registered import export_version
    from lstm.storage.runs.run_folder import runs_root

    number = None if version is None else version_number(version)
    if version is not None and number is None:
        raise ConfigError(f"{version!r} is no version; give a number such as 2")
    pipeline, registry = open_registry(pipeline_file)
    root = runs_root(pipeline.store.folder, pipeline_file.resolve().parent)
    model, origin = export_version(registry, root, pipeline.name, number, to, file_format.value)
    console.print(
        f"{model.label} of {pipeline.name} is in {to}; `python {to}/example.py` makes the forecasts of its example "
        f"again: those {origin}",
        markup=False,
    )
