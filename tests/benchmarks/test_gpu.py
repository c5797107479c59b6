"""The benchmark of GPUs: that it runs on a processor, says where there is no GPU, and counts what a step takes."""

from pathlib import Path

import pytest
import torch

from benchmarks import gpu, gpu_steps
from lstm.model.network.networks import Architecture, SegmentedLSTM


def test_it_runs_without_a_gpu(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row a batch and way, and one a fit; without M4's files the made series alone."""
    gpu.main(["--small", "--device", "cpu", "--ways", "called", "recorded", "--data", str(tmp_path)])
    head, steps, fits = capsys.readouterr().out.strip().split("\n\n")
    assert head.startswith("Measured on a processor, no GPU")
    rows = [line.split(" | ") for line in steps.splitlines()[2:]]
    assert [(row[0], row[1]) for row in rows] == [
        ("| 16", "called"),
        ("| 16", "recorded"),
        ("| 32", "called"),
        ("| 32", "recorded"),
    ]
    assert all(row[2].endswith("µs") for row in rows)
    (fit,) = fits.splitlines()[2:]
    *_, on_device, on_processor = fit.removesuffix(" |").split(" | ")
    assert on_device == on_processor  # the device is the processor


def test_where_there_is_no_gpu_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A word, and exit 2; no table that could be taken for one of a GPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit) as ended:
        gpu.main(["--small"])
    assert ended.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "there is no GPU here" in err


def test_a_way_that_fails_is_a_row_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as a compiler that is not there."""

    def broken(network: object) -> object:
        raise RuntimeError("no compiler\nat all")

    monkeypatch.setattr(gpu_steps, "_compiled", broken)
    first, _ = gpu_steps.steps(torch.device("cpu"), small=True, ways=["compiled"])
    assert gpu._step_row(first, gpu_steps.Limits(1.0, 1.0))[:3] == ("16", "compiled", "RuntimeError: no compiler")


def test_weights_count_once_a_window_and_those_of_the_lstm_once_a_segment() -> None:
    """Two segments of two steps of 1 + 1 columns and 3 units: by hand.

    Embedding 3 x 4 and LSTM 12 x 3 twice, twice; skip 2 x 4, its bias of two steps, and head 3 x 2 once.
    """
    size = Architecture(
        look_back=4, horizon=2, segment=2, hidden=3, layers=1, dropout=0.0, levels=1, targets=1, extras=1, ahead=0,
        known=0, static=0,
    )  # fmt: skip
    assert gpu_steps._uses(SegmentedLSTM(size), 4) == 2 * (12 + 36 + 36) + 8 + 2 + 6


def test_a_row_has_the_share_of_what_the_device_could_do() -> None:
    """100 windows in 100 microseconds, 2 of 10 operations and 3 of 100 bytes that it could do in that time."""
    step = gpu_steps.Step(100, "called", 1e-4, operations=2.0, bytes=3.0)
    limits = gpu_steps.Limits(arithmetic=10 / 1e-4, memory=100 / 1e-4)
    assert gpu._step_row(step, limits) == ("100", "called", "100 µs", "1,000,000", "20 %", "3 %")
