"""Imported by every Python process that has this folder on its path: holds it where the environment says."""

from faults.holding import Holding, Holds

if (holds := Holds.of_environment()) is not None:
    from faults.effects import BEGUN, tell_effects

    holding = Holding(holds)
    holding(BEGUN)
    tell_effects(holding)
