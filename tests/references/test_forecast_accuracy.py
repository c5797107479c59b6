"""What the monitor found, as a file."""

import math

from lstm.references import Accuracy, InputDrift

NAN = float("nan")


def test_an_accuracy_goes_through_json_with_its_undefined_numbers():
    """A channel that never moved has no index."""
    drift = InputDrift(
        name="temp", role="target", psi=NAN, usual_psi=NAN, shift=NAN, usual_shift=NAN, missing=0.0, usual_missing=0.0,
        drifted=False, reason="",
    )  # fmt: skip
    accuracy = Accuracy(
        run_id="r", cutoff="8", grid={}, degraded=None, judged="", sentence="Too early.", drift=(drift,)
    )
    again = Accuracy.model_validate_json(accuracy.model_dump_json())
    assert (again.sentence, again.degraded) == ("Too early.", None)
    assert math.isnan(again.drift[0].psi)
