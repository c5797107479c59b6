"""Several networks as one: their mean."""

import numpy as np

from lstm.model.forecaster.member_forecasts import averaged


def test_quantiles_of_members_are_averaged_level_by_level_and_the_first_gives_the_scale() -> None:
    """Worked by hand: 1 2 3 and 3 6 9 give 2 4 6."""
    first, second = (np.array(values, float).reshape(1, 1, 3, 1) for values in ((1, 2, 3), (3, 6, 9)))
    quantiles, scale = averaged([(first, np.array([[2.0]])), (second, np.array([[7.0]]))])
    assert quantiles.ravel().tolist() == [2, 4, 6]
    assert scale.tolist() == [[2.0]]
