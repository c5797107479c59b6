"""The network of an export is the network that was trained."""

import pytest
import torch
from exported import KINDS, card_of, model_of

from lstm.export.alone.exported_network import Network
from lstm.model.forecaster.rebuilt import build_network
from lstm.model.network.batch import Batch


@pytest.mark.parametrize("kind", KINDS)
def test_it_answers_the_same_from_normalised_windows(kind):
    """Law: the same weights, under the same names, give the same numbers on any window."""
    model = model_of(kind)
    card, member = model.card, model.card.members[0]
    trained = build_network(card, member).eval()
    trained.load_state_dict(model.state(member, "served"))
    network = Network(card_of(model), card_of(model)["members"][0]).eval()
    network.load_state_dict({name: tensor for name, tensor in trained.state_dict().items() if tensor.numel()})
    targets = 1 if card.channels == "shared" else 2
    draw = torch.Generator().manual_seed(0)

    def some(*shape):
        return torch.randn(4, *shape, generator=draw)

    history, extras = some(member.look_back, targets), some(member.look_back, targets + 2)
    extras[:, :, :targets] = (extras[:, :, :targets] > 0).float()
    extras[0, :, :targets] = 0.0  # a window without any observation
    ahead, aligned, static = some(5, 3), some(5, targets, 1), some(2)
    nothing = history[:, :5]
    batch = Batch(history, extras, ahead, aligned, static, nothing, nothing, nothing[:, 0], nothing[:, 0])
    with torch.inference_mode():
        torch.testing.assert_close(network(history, extras, ahead, aligned, static), trained(batch))
