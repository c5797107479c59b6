"""A warm start: tonight's networks begin at the champion's weights, and its choices are kept."""

from lstm.config import Model
from lstm.data.panel.panel import Panel
from lstm.model.fitting.yardstick import positive_targets
from lstm.model.forecaster.card import ModelCard
from lstm.model.forecaster.forecaster import Forecaster

SAME_CARD = (
    "contract", "past_names", "future_names", "static_names", "static_categories", "known", "aligned", "loss", "levels",
)  # fmt: skip
SAME_MEMBER = ("kind", "layers", "bidirectional", "attention", "hidden")


def reason_against(champion: Forecaster, card: ModelCard, members: int, model: Model, hidden: int) -> str:
    """Why the champion's weights do not fit the networks that the settings ask for; empty where they do.

    card: of tonight's model. members, hidden: how many and how wide they will be.
    """
    champion_card = champion.card
    for name in SAME_CARD:
        if getattr(champion_card, name) != getattr(card, name):
            return f"its {name.replace('_', ' ')} differ"
    if len(champion_card.members) != members:
        return f"it has {len(champion_card.members)} members, not {members}"
    for member in champion_card.members:
        required = {**model.model_dump(), "hidden": hidden}
        for name in SAME_MEMBER:
            if getattr(member, name) != required[name]:
                return f"its {name} is {getattr(member, name)}, not {required[name]}"
        for name in ("look_back", "segment", "normalisation"):
            if required[name] is not None and getattr(member, name) != required[name]:
                return f"its {name} is {getattr(member, name)}, not {required[name]}"
    if model.channels not in (None, champion_card.channels):
        return f"its channels are {champion_card.channels}, not {model.channels}"
    if model.transform is not None and any(log != (model.transform == "log") for log in champion_card.logs):
        return f"its transform is not {model.transform}"
    return ""


def read_later(champion: Forecaster, panel: Panel, validation_end: int) -> str:
    """Why the champion has read what tonight's evaluation must not know; empty where it has not."""
    for through, what in ((champion.trained_through, "trained"), (champion.tuned_through, "tuned")):
        if through and panel.frequency.ordinal_of_text(through) > validation_end:
            return f"it was {what} through {through}, later than tonight's validation ends"
    return ""


def no_logarithm(champion: Forecaster, panel: Panel) -> str:
    """Why the champion's logarithms do not fit the panel; empty where they do."""
    targets = zip(panel.target_names, champion.card.logs, positive_targets(panel), strict=True)
    names = [name for name, log, positive in targets if log and not positive]
    return f"it forecasts the logarithm of {', '.join(names)}, now with values at or below zero" if names else ""
