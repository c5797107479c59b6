"""What flows between steps cannot change on the way, and is refused where it is not what was meant."""

from typing import Any

import pytest
from pydantic import ValidationError

from lstm.references import RunKey


def test_it_is_frozen_and_refuses_keys_that_it_does_not_know():
    """A misspelt field of a manifest is a mistake, not an extra."""
    fields = {"pipeline": "shop", "kind": "retrain", "as_of": "7"}
    key: Any = RunKey.model_validate(fields)
    with pytest.raises(ValidationError, match="frozen"):
        key.kind = "forecast"
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        RunKey.model_validate(fields | {"dry": True})
