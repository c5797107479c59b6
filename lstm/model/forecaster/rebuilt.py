"""What a card says, built: how a member reads a panel, and its untrained network."""

from lstm.data.panel.panel import Panel
from lstm.model.forecaster.card import MemberCard, ModelCard, StandardiserCard, WeightsCard
from lstm.model.network.imputation import Imputation
from lstm.model.network.inputs import InputSettings
from lstm.model.network.networks import Architecture, Network, SegmentedLSTM, TextbookLSTM
from lstm.model.network.scaling import Standardiser


def input_settings(panel: Panel, card: ModelCard, member: MemberCard, weights: WeightsCard) -> InputSettings:
    """How a member with these weights reads a panel."""
    return InputSettings(
        look_back=member.look_back,
        horizon=panel.horizon,
        normalisation=member.normalisation,
        channels=card.channels,
        logs=card.logs,
        known=card.known,
        aligned=card.aligned,
        imputations=tuple(Imputation(part.season, part.carried) for part in card.imputations),
        past=_standardiser(weights.past),
        future=_standardiser(weights.future),
        static=_standardiser(weights.static),
    )


def _standardiser(card: StandardiserCard) -> Standardiser:
    return Standardiser(card.mean, card.std)


def build_network(card: ModelCard, member: MemberCard) -> Network:
    """The untrained network of a member."""
    targets, known = 1 if card.channels == "shared" else len(card.contract.targets), len(card.known)
    if member.kind == "textbook":
        sizes = {"hidden": member.hidden, "layers": member.layers, "targets": targets}
        return TextbookLSTM(horizon=card.contract.horizon, dropout=member.dropout, **sizes)
    architecture = Architecture(
        look_back=member.look_back,
        horizon=card.contract.horizon,
        segment=member.segment,
        hidden=member.hidden,
        layers=member.layers,
        dropout=member.dropout,
        levels=max(len(card.levels), 1),
        targets=targets,
        extras=targets + len(card.past_names) + known,
        ahead=len(card.future_names),
        known=known,
        static=len(card.static_names),
        bidirectional=member.bidirectional,
        attention=member.attention,
        embed=member.kind == "segmented",
    )
    return SegmentedLSTM(architecture)
