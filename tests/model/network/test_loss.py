"""The losses, worked by hand."""

from typing import get_args

import pytest
import torch
from present import present

from lstm.config import Model
from lstm.model.network.loss import LOSSES, huber_loss, quantile_loss, squared_loss

LEVELS = torch.tensor([0.1, 0.5, 0.9])
MEDIAN = torch.tensor([0.5])


def steps(*values: float) -> torch.Tensor:
    """(1, H, 1): one window, one target."""
    return torch.tensor(values).reshape(1, -1, 1)


def test_the_quantile_loss_is_twice_the_pinball_and_once_the_median_error():
    """Quantiles 0, 1, 3 of a 2: pinball 0.2, 0.5 and 0.1, twice their mean is 1.6 / 3, and the median is off by 1."""
    forecast = torch.tensor([0.0, 1.0, 3.0]).reshape(1, 1, 3, 1)
    loss = quantile_loss(forecast, steps(2.0), steps(1.0), LEVELS)
    assert float(loss) == pytest.approx(1.6 / 3 + 1.0)


def test_the_median_is_found_wherever_it_stands():
    """Levels 0.5 and 0.9, forecasts 1 and 2 of a 2: pinball 0.5 and 0, twice the mean 0.5, and 1 of the median."""
    forecast = torch.tensor([1.0, 2.0]).reshape(1, 1, 2, 1)
    assert float(quantile_loss(forecast, steps(2.0), steps(1.0), torch.tensor([0.5, 0.9]))) == pytest.approx(1.5)


def test_the_derivative_of_the_quantile_loss():
    """By hand, of two steps: -2/3 of the level of each quantile below its 2, of the level less 1 above it, -1 more for
    the median below it; at the target the level less a half, and nothing for the median. Half of each: two steps count.
    """
    forecast = torch.tensor([[0.0, 1.0, 3.0], [2.0, 2.0, 2.0]]).reshape(1, 2, 3, 1).requires_grad_()
    (3.0 * quantile_loss(forecast, steps(2.0, 2.0), steps(1.0, 1.0), LEVELS)).backward()
    gradient = present(forecast.grad).flatten().tolist()
    assert gradient == pytest.approx([-0.1, -2.0, 0.1, 0.4, 0.0, -0.4], abs=1e-6)


def test_no_derivative_where_nothing_was_observed():
    """Law: what has no say in the loss moves no forecast; without any observation nothing does."""
    for weight in (steps(1.0, 0.0), steps(0.0, 0.0)):
        forecast = torch.ones(1, 2, 3, 1, requires_grad=True)
        quantile_loss(forecast, steps(3.0, 0.0), weight, LEVELS).backward()
        assert bool((present(forecast.grad)[weight.expand(1, 2, 1)[..., 0] == 0] == 0).all())


def test_the_squared_loss_is_the_mean_square():
    """Errors 2 and 0: (4 + 0) / 2."""
    assert float(squared_loss(steps(1.0, 5.0)[..., None], steps(3.0, 5.0), steps(1.0, 1.0), MEDIAN)) == 2.0


def test_the_huber_loss_is_square_up_to_one_and_linear_beyond():
    """Errors 0.5 and 3: 0.5 * 0.25 = 0.125 and 3 - 0.5 = 2.5, mean 1.3125."""
    assert float(huber_loss(steps(0.5, 3.0)[..., None], steps(0.0, 0.0), steps(1.0, 1.0), MEDIAN)) == 1.3125


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_what_was_not_observed_has_no_say(loss):
    """Law: the loss of two steps, one of them unobserved, is that of the other alone; of none it is 0."""
    both = loss(steps(1.0, 9.0)[..., None], steps(3.0, 0.0), steps(1.0, 0.0), MEDIAN)
    alone = loss(steps(1.0)[..., None], steps(3.0), steps(1.0), MEDIAN)
    assert float(both) == float(alone) > 0
    assert float(loss(steps(1.0)[..., None], steps(0.0), steps(0.0), MEDIAN)) == 0.0


def test_every_loss_of_the_pipeline_file_is_there():
    """Law: the names are those of `model.loss`."""
    literal, _ = get_args(Model.model_fields["loss"].annotation)
    assert set(LOSSES) == set(get_args(literal))
