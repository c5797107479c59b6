"""What flows between steps cannot change on the way, and is refused where it is not what was meant."""

import pytest
from pydantic import ValidationError

from lstm.references import RunKey


def test_it_is_frozen_and_refuses_keys_that_it_does_not_know():
    """A misspelt field of a manifest is a mistake, not an extra."""
    key = RunKey(pipeline="shop", kind="retrain", as_of="7")
    with pytest.raises(ValidationError, match="frozen"):
        key.kind = "forecast"
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        RunKey(pipeline="shop", kind="retrain", as_of="7", dry=True)
