"""The layers that Keras does not have, on small numbers."""

from importlib import import_module

import numpy as np
import pytest
import torch

from lstm.export.formats.keras_network import _keras_on_torch
from lstm.model.network.networks import TextbookLSTM

NAN = np.nan


@pytest.fixture(scope="module")
def layers():
    """The module, which wants Keras on torch."""
    _keras_on_torch()
    return import_module("lstm.export.alone.keras_layers")


def numbers(tensor):
    """As numpy has them."""
    return tensor.detach().numpy()


def test_a_forecast_is_read_as_the_newest_step_for_the_next(layers):
    """Law: as torch's textbook network does it; kernels are transposed, gates in the same order, both biases one."""
    torch.manual_seed(0)
    network = TextbookLSTM(horizon=4, hidden=5, layers=1, dropout=0.0, targets=2).eval()
    layer = layers.FedBack(4, 5, 1, 2)
    layer.build((None, 6, 2))
    state = {name: tensor.detach().numpy() for name, tensor in network.state_dict().items()}
    kernels = [state["lstm.weight_ih_l0"].T, state["lstm.weight_hh_l0"].T]
    bias = state["lstm.bias_ih_l0"] + state["lstm.bias_hh_l0"]
    layer.set_weights([*kernels, bias, state["head.weight"].T, state["head.bias"]])
    history, steps = torch.randn(3, 6, 2), []
    read = history
    for _ in range(4):
        steps.append(network.next_step(read))
        read = torch.cat([read[:, 1:], steps[-1][:, None]], dim=1)
    expected = torch.stack(steps, dim=1).detach().numpy()
    np.testing.assert_allclose(numbers(layer(history)), expected, atol=1e-6)


def test_windows_are_normalised_by_member_and_read_target_by_target_where_they_are_shared(layers):
    """By hand: look-back 2 of 3 steps, the second member's level and scale; before the first observation it is 0."""
    history = np.array([[[9.0, 9.0], [NAN, np.e], [5.0, np.e**3]]])
    level, scale = np.array([[[7.0, 7.0], [1.0, 1.0]]]), np.array([[[7.0, 7.0], [2.0, 0.5]]])
    layer = layers.Normalised(1, 2, [False, True], False, dtype="float64")
    np.testing.assert_allclose(numbers(layer(history, level, scale)), [[[0, 0], [2, 4]]])
    shared = layers.Normalised(1, 2, [False, True], True, dtype="float64")
    np.testing.assert_allclose(numbers(shared(history, level, scale)), [[[0], [2]], [[0], [4]]])


def test_quantiles_are_calibrated_in_order_and_in_the_targets_units(layers):
    """By hand: two members of 1 and 3 at levels 10 and 20 and scales 2 and 4; offsets -1, 0, 1 of the first scale."""
    layer = layers.Quantiles([[[1.0], [0.0], [1.0]]], 1, [False], None, dtype="float64")
    level, scale = np.array([[[10.0], [20.0]]]), np.array([[[2.0], [4.0]]])
    forecasts = [np.array([[[1.0]]]), np.array([[[3.0]]])]
    # 1 x 2 + 10 = 12 and 3 x 4 + 20 = 32 are 22 on average; the lower offset crosses the median and is held there.
    np.testing.assert_allclose(numbers(layer(forecasts, level, scale))[0, 0, :, 0], [22, 22, 24])
    logs = layers.Quantiles([[[-1.0], [0.0], [1.0]]], 1, [True], None, dtype="float64")
    np.testing.assert_allclose(numbers(logs(forecasts, level, scale))[0, 0, :, 0], np.exp([20, 22, 24]))
    least = layers.Quantiles([[[-1.0], [0.0], [1.0]]], 1, [False], 21.0, dtype="float64")
    np.testing.assert_allclose(numbers(least(forecasts, level, scale))[0, 0, :, 0], [21, 22, 24])
