"""`make bench-gpu`: steps of training and whole fits on a GPU. Run as `python -m benchmarks.gpu`.

A step is timed by the library's own epochs, so that drawing and gathering windows are in it, three ways: kernel after
kernel (called), as one CUDA graph (recorded), and with a network that torch has compiled.
"""

import argparse
import sys
from dataclasses import dataclass

import torch

from benchmarks.gpu_fits import fits
from benchmarks.gpu_steps import WAYS, Limits, Step, measured_limits, steps
from benchmarks.table import README, machine, markdown, paste

EXIT_NO_GPU = 2
MARKER = "bench-gpu"
STEP_HEADER = ("batch", "how", "a step", "windows/s", "of the arithmetic limit", "of the memory limit")
FIT_HEADER = ("fit", "on the device", "on the processor", "ratio", "score on the device", "score on the processor")


@dataclass(frozen=True)
class Device:
    """What is measured: a device, its name, and its limits as they were measured."""

    device: torch.device
    name: str
    limits: Limits


def main(arguments: list[str] | None = None) -> None:
    """Measures, and prints tables; ends with 2 where there is no GPU."""
    chosen = _parser().parse_args(arguments)
    if chosen.device == "cuda" and not torch.cuda.is_available():
        print(
            f"there is no GPU here that torch {torch.__version__} could use, so nothing was measured; "
            "--small --device cpu tries whether this benchmark runs",
            file=sys.stderr,
        )
        raise SystemExit(EXIT_NO_GPU)
    text = tables(_device(chosen.device, small=chosen.small), small=chosen.small, ways=chosen.ways, data=chosen.data)
    print(text)
    if chosen.paste:
        paste(MARKER, text)
        print(f"written to {README}", file=sys.stderr)


def tables(device: Device, *, small: bool, ways: list[str], data: str | None) -> str:
    """What was measured on, the table of steps and that of fits."""
    limits = device.limits
    head = (
        f"Measured on {device.name}, with {machine(('numpy', 'torch'))} Its limits, as measured by a product of "
        f"matrices and by a copy: {limits.arithmetic / 1e12:.3g} Tflop/s in float32, {limits.memory / 1e9:,.0f} GB/s."
    )
    rows = [_step_row(step, limits) for step in steps(device.device, small=small, ways=ways)]
    return "\n\n".join(
        [head, markdown(STEP_HEADER, rows), markdown(FIT_HEADER, list(fits(device.device, small=small, data=data)))]
    )


def _step_row(step: Step, limits: Limits) -> tuple[str, ...]:
    if step.fault:
        return (f"{step.batch:,}", step.way, step.fault, "", "", "")
    return (
        f"{step.batch:,}",
        step.way,
        f"{1e6 * step.seconds:,.0f} µs",
        f"{step.batch / step.seconds:,.0f}",
        f"{100 * step.operations / step.seconds / limits.arithmetic:.3g} %",
        f"{100 * step.bytes / step.seconds / limits.memory:.3g} %",
    )


def _device(name: str, *, small: bool) -> Device:
    device = torch.device(name)
    title = torch.cuda.get_device_name(device) if device.type == "cuda" else "a processor, no GPU"
    return Device(device, title, measured_limits(device, small=small))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description="Measures training on a GPU.")
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS), metavar="WAY")
    parser.add_argument("--data", help="folder of the data sets, for M4 Hourly; NIGHTCAST_DATA when left out")
    parser.add_argument("--small", action="store_true", help="small panels, few steps: does it work?")
    parser.add_argument("--paste", action="store_true", help="write the tables into the README as well")
    return parser


if __name__ == "__main__":
    main()
