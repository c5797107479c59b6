"""What a card says, built: a network that takes its weights, and inputs that read as the member was trained to."""

import numpy as np

from lstm.model.forecaster.rebuilt import build_network, input_settings
from lstm.model.network.imputation import Imputation
from panels import make_panel
from trainings import made_of


def weekly_panel():
    """Two series of twelve weeks each."""
    week = np.tile([1.0, 2.0, 3.0, 4.0, 5.0, 9.0, 0.0], 12)
    return make_panel({"a": week, "b": 3.0 * week + 1.0}, horizon=3, cutoff=90)


def test_a_network_of_the_card_takes_the_weights_of_the_model():
    """Law: names and shapes of the tensors are those of the file; the ridge regression's are parts of them."""
    model = made_of(weekly_panel())
    for member in model.card.members:
        network = build_network(model.card, member)
        assert {name: tensor.shape for name, tensor in network.state_dict().items()} == {
            name: tensor.shape for name, tensor in model.state(member, "evaluated").items()
        }


def test_a_member_reads_with_the_look_back_and_the_gaps_of_its_card():
    """Cards of before know nothing of gaps: the last value is carried then."""
    panel = weekly_panel()
    model = made_of(panel)
    member = model.card.members[0]
    settings = input_settings(panel, model.card, member, member.evaluated)
    assert settings.look_back == member.look_back
    assert settings.imputations == tuple(Imputation(part.season, part.carried) for part in model.card.imputations)
    assert len(settings.imputations) == len(panel.target_names)
    older = model.card.model_copy(update={"imputations": ()})
    assert input_settings(panel, older, member, member.evaluated).imputations == ()
