"""Names that a series key may not have, since the forecasts table has them."""

import pytest

from lstm.config.ledger_columns import check_key_names, level_columns
from lstm.errors import ConfigError


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (("Target",), r"names the column 'Target', and the forecasts table has its own 'target'"),
        (("q10",), r"names the column 'q10'"),
        (("shop", "Shop"), r"names 'shop' and 'Shop', one column to a database that ignores case"),
    ],
)
def test_a_key_that_collides_is_refused_with_what_to_do(keys, message):
    """Case does not count, as in many a database."""
    with pytest.raises(ConfigError, match=message + r".*rename"):
        check_key_names(keys, ("q10", "q50"))


def test_a_key_of_its_own_name_is_taken():
    """q20 is no level of this pipeline."""
    check_key_names(("shop", "q20"), ("q10", "q50"))


def test_columns_of_levels_are_known_by_their_form():
    """`lstm.config.level_name` makes them."""
    assert level_columns(("q10", "q02_5", "quantity", "q1", "time")) == ("q10", "q02_5")
