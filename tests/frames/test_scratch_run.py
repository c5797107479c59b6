"""A run of a frame leaves nothing behind."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import torch

import lstm
from lstm.steps import job


def test_nothing_is_left(model, table, tmp_path, monkeypatch):
    """No folder, and no connection to a store that is gone; the frame is as it was."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before, rows = dict(job._ENGINES), table.copy(deep=True)
    model.predict(table)
    assert list(Path(tmp_path).iterdir()) == []
    assert before == job._ENGINES
    pd.testing.assert_frame_equal(table, rows)


def test_torch_is_as_it_was(model, table):
    """Law: neither its number of threads nor its random numbers change, though the model seeds and sets both."""
    before = torch.get_num_threads()
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    torch.set_num_threads(before + 1)
    try:
        model.predict(table, serve="challenger")
        assert torch.get_num_threads() == before + 1
        assert torch.equal(torch.rand(2), expected)
    finally:
        torch.set_num_threads(before)


def test_what_a_notebook_set_in_torch_and_numpy_changes_nothing(model, table, settings):
    """Law: precision, gradients and errors of arithmetic are those of a new process meanwhile, then the caller's."""
    expected = model.predict(table, serve="challenger")
    torch.set_default_dtype(torch.float64)
    try:
        with torch.inference_mode(), np.errstate(all="raise"):
            lstm.fit(table, **settings)
            pd.testing.assert_frame_equal(model.predict(table, serve="challenger"), expected)
            assert torch.is_inference_mode_enabled()
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)


def test_several_threads_of_python_may_forecast(model, table):
    """Law: the same rows as one after the other; migrations of a store know one thread only."""
    with ThreadPoolExecutor(3) as pool:
        first, *others = pool.map(lambda _: model.predict(table), range(3))
    for other in others:
        pd.testing.assert_frame_equal(first, other)
