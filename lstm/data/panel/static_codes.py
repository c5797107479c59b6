"""Static covariates by the categories of another panel: what a model has learnt of a region is not a number of it.

The places of categories among those of a night change with every category that comes or goes, so whoever reads two
panels reads both by the categories of one.
"""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from lstm.data.panel.panel import Panel
from lstm.data.rows.numbers import numbers_from_text

Categories = tuple[tuple[str, ...], ...]


def coded_by(panel: Panel, categories: Categories) -> Panel:
    """The panel with its static covariates by these categories, one entry a covariate; NaN for what none of them is.

    A covariate without categories is one of numbers, texts that are numbers among them. No entries at all: as it is.
    """
    if not categories or _of(panel) == categories:
        return panel
    columns = [
        _coded(panel.static[:, index], texts, learnt)
        for index, (texts, learnt) in enumerate(zip(_of(panel), categories, strict=True))
    ]
    return replace(panel, static=np.stack(columns, axis=1).astype(panel.static.dtype), categories=categories)


def unknown_categories(panel: Panel, categories: Categories) -> dict[tuple[str, str], np.ndarray]:
    """Series (int) by (static covariate, text or number of the panel) that none of these categories is."""
    if not categories:
        return {}
    coded, unknown = coded_by(panel, categories), {}
    for index, (name, texts) in enumerate(zip(panel.static_names, _of(panel), strict=True)):
        values = panel.static[:, index]
        lost = ~np.isnan(values) & np.isnan(coded.static[:, index])
        for value in np.unique(values[lost]):
            unknown[name, _text(value, texts)] = np.flatnonzero(lost & (values == value))
    return unknown


def _of(panel: Panel) -> Categories:
    return panel.categories or ((),) * len(panel.static_names)


def _coded(values: np.ndarray, texts: tuple[str, ...], learnt: tuple[str, ...]) -> np.ndarray:
    """float64 (S): values of one covariate, whose own categories are `texts`, by the categories `learnt`."""
    if texts == learnt:
        return values.astype(np.float64)
    known = np.flatnonzero(~np.isnan(values))
    coded = np.full(len(values), np.nan)
    if not learnt:
        numbers = numbers_from_text(pa.array(texts, pa.string()))[0].to_numpy(zero_copy_only=False)
        coded[known] = numbers[values[known].astype(np.int64)]
    else:
        place = {text: float(index) for index, text in enumerate(learnt)}
        coded[known] = [place.get(_text(value, texts), np.nan) for value in values[known]]
    return coded


def _text(value: float, texts: tuple[str, ...]) -> str:
    return texts[int(value)] if texts else f"{value:g}"
