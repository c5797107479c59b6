"""Batches: targets that share their channels, and what the ridge regression does without."""

from dataclasses import fields

import pytest
import torch

from lstm.model.network.batch import Batch, share_channels, without_extras


def batch(targets: int) -> Batch:
    """Three windows, look-back 4, horizon 2, two past covariates, one known ahead, two static."""
    draw = torch.Generator().manual_seed(0)

    def numbers(*shape: int) -> torch.Tensor:
        return torch.rand(shape, generator=draw)

    return Batch(
        history=numbers(3, 4, targets),
        extras=numbers(3, 4, targets + 3),
        ahead=numbers(3, 2, 1),
        aligned=numbers(3, 2, targets, 1),
        static=numbers(3, 2),
        target=numbers(3, 2, targets),
        weight=numbers(3, 2, targets),
        level=numbers(3, targets),
        scale=numbers(3, targets),
    )


def test_sharing_the_channel_of_one_target_is_the_same_window():
    """Law: with one target there is nothing to take apart."""
    one = batch(1)
    for field in fields(Batch):
        assert torch.equal(getattr(share_channels(one), field.name), getattr(one, field.name)), field.name


def test_shared_channels_read_their_own_mask_and_all_covariates():
    both = batch(2)
    apart = share_channels(both)
    assert apart.extras.shape == (6, 4, 4)
    assert torch.equal(apart.extras[3, :, 0], both.extras[1, :, 1])
    assert torch.equal(apart.extras[3, :, 1:], both.extras[1, :, 2:])


@pytest.mark.parametrize("targets", [1, 2])
def test_without_extras_the_rest_is_the_same_and_their_memory_is_free(targets):
    whole = batch(targets)
    less = without_extras(whole)
    assert less.extras.shape == (3, 4, 0)
    assert less.extras.untyped_storage().nbytes() == 0
    for field in fields(Batch):
        if field.name != "extras":
            assert torch.equal(getattr(less, field.name), getattr(whole, field.name)), field.name
