"""The scores of a block of a backtest as bytes, for `lstm.compute.kept_parts`."""

import numpy as np

from lstm.compute.kept_parts import pack_arrays, unpack_arrays
from lstm.evaluation.backtest.scored import Scored
from lstm.evaluation.backtest.window_blocks import BlockScores


def pack_scores(scores: BlockScores) -> bytes:
    """Bytes of a block's scores."""
    arrays: dict[str, np.ndarray] = {"origins": scores.origins}
    for place, scored in enumerate(scores.scored.values()):
        arrays |= {f"{place} covered": scored.covered, f"{place} scale": scored.scale}
        arrays |= {f"{place} sums {error}": sums for error, sums in scored.sums.items()}
    facts = {
        "first": scores.first,
        "contestants": [[name, scored.intervals, list(scored.sums)] for name, scored in scores.scored.items()],
        "ridge_is_finite": scores.ridge_is_finite,
        "champion_has_forecasts": scores.champion_has_forecasts,
    }
    return pack_arrays(arrays, facts)


def unpack_scores(content: bytes) -> BlockScores:
    """Inverse of `pack_scores`."""
    arrays, facts = unpack_arrays(content)
    scored = {}
    for place, (name, intervals, errors) in enumerate(facts["contestants"]):
        sums = {error: arrays[f"{place} sums {error}"] for error in errors}
        pairs = tuple((low, high) for low, high in intervals)
        scored[name] = Scored(sums, arrays[f"{place} covered"], arrays[f"{place} scale"], pairs)
    return BlockScores(
        facts["first"], arrays["origins"], scored, facts["ridge_is_finite"], facts["champion_has_forecasts"]
    )
