"""Verdicts as files: undefined numbers come back as such."""

import math

from lstm.references import GateOutcome, MethodScores, Verdict

NAN = float("nan")


def test_a_verdict_goes_through_json_with_its_undefined_numbers():
    """NaN is not JSON; it must come back as NaN."""
    scores = MethodScores(method="challenger", points=9, mae=1.0, rmse=1.5, smape=12.0, mase=NAN, wql=0.1, coverage=0.8)
    gate = GateOutcome(name="gate", passed=False, reason="undefined metric: the challenger has no MASE")
    verdict = Verdict(
        run_id="nyc.retrain.1", promote=False, serve="champion", challenger_version=2, champion_version=1,
        best_baseline=None, gates=(gate,), scores=(scores,), origins=14, sentence="Kept v1.",
    )  # fmt: skip
    again = Verdict.model_validate_json(verdict.model_dump_json())
    assert again.model_copy(update={"scores": ()}) == verdict.model_copy(update={"scores": ()})
    assert (math.isnan(again.scores[0].mase), math.isnan(again.scores[0].bias)) == (True, True)
