"""What an exported folder says of itself: README.md, and example.py, from templates."""

import re
import textwrap
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm.data.panel.calendar import PREFIX
from lstm.export.sample_windows import Sample

if TYPE_CHECKING:
    from jinja2 import Environment

PACKAGES = {"onnx": "numpy onnxruntime", "pytorch": "numpy torch", "keras": "numpy keras torch"}
LIBRARIES = {"onnx": "onnxruntime", "pytorch": "torch", "keras": "keras"}
TYPES = {np.dtype(np.float64): "float64", np.dtype(bool): "bool"}
MEANINGS = {
    "history": "targets in their own units, gaps filled, NaN before the first observation; oldest step first",
    "level": "level of each member's window{logs}",
    "scale": "scale of each member's window{logs}",
    "observed": "false where a target was not observed",
    "past": "past covariates of the look-back, NaN where missing",
    "future": "future covariates of the look-back and of the horizon after it, NaN where missing",
    "static": "static covariates, NaN where missing",
}
SCALES = {
    "mean_std": "mean and standard deviation (of the population) of the look-back, in which the variance of the "
    "series so far counts as one more step",
    "last_value": "the newest value, and the standard deviation (of the population) of the series so far",
    "series": "mean and standard deviation (of the population) of the series so far",
}


def example_text(file_format: str, name: str, sample: Sample) -> str:
    """`example.py`."""
    return _rendered(
        "example.py.j2",
        file_format=file_format,
        name=name,
        library=LIBRARIES[file_format],
        packages=PACKAGES[file_format],
        inputs=", ".join(f'"{name}"' for name in sample.inputs),
        origin=sample.origin,
    )


def readme_text(file_format: str, name: str, sample: Sample) -> str:
    """`README.md`."""
    card, contract = sample.card, sample.card["contract"]
    text = _rendered(
        "README.md.j2",
        file_format=file_format,
        name=name,
        card=card,
        contract=contract,
        sample=sample,
        packages=" and ".join(PACKAGES[file_format].split()),
        targets=_named(contract["targets"]),
        series=f" by {_named(contract['series'])}" if contract["series"] else "",
        levels=", ".join(f"{level:g}" for level in contract["quantile_levels"]),
        members=_members(card),
        inputs=_inputs(sample),
        columns=_columns(sample),
        **_rules(sample),
    )
    return "\n\n".join(map(_wrapped, text.strip().split("\n\n"))) + "\n"


def _wrapped(block: str) -> str:
    """A paragraph or list in lines of bounded length; tables and headings as they are."""
    if block.startswith(("|", "#")):
        return block
    items = re.sub(r"\n(?!\d\. )\s*", " ", block).splitlines()
    indent = "   " if block.startswith("1.") else ""
    options: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}
    return "\n".join(textwrap.fill(item, 100, subsequent_indent=indent, **options) for item in items)


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("lstm.export", ""), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip


def _rendered(template: str, **values: object) -> str:
    return _environment().get_template(template).render(values)


def _named(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _members(card: dict[str, Any]) -> str:
    look_backs = ", ".join(str(member["look_back"]) for member in card["members"])
    if len(card["members"]) == 1:
        return f"It is one network, which looks back {look_backs} steps."
    return f"It is the mean of {len(card['members'])} networks, its members, which look back {look_backs} steps."


def _inputs(sample: Sample) -> list[dict[str, str]]:
    logs = " (of logarithms, where the model forecasts these)" if any(sample.card["logs"]) else ""
    return [
        {
            "name": name,
            "type": TYPES[rows.dtype],
            "shape": f"(N, {', '.join(map(str, rows.shape[1:]))})",
            "meaning": MEANINGS[name].format(logs=logs),
        }
        for name, rows in sample.inputs.items()
    ]


def _columns(sample: Sample) -> dict[str, str]:
    """What the columns of each input are, by the input's name in words; those that there are."""
    card, shown = sample.card, sample.inputs
    columns = {"Columns of `history`, `level`, `scale`": _named(card["contract"]["targets"])}
    columns |= {f"Columns of `{name}`": _named(card[f"{name}_names"]) for name in ("past", "future") if name in shown}
    if "static" in shown:
        categories = card["static_categories"] or [[]] * len(card["static_names"])
        columns["Columns of `static`"] = "; ".join(
            f"`{name}`, " + (f"the place, counted from 0, among {_named(texts)}" if texts else "a number")
            for name, texts in zip(card["static_names"], categories, strict=True)
        )
    return columns


def _rules(sample: Sample) -> dict[str, str]:
    """The sentences of the README that follow from the card."""
    card, contract = sample.card, sample.card["contract"]
    logged = _named([name for name, log in zip(contract["targets"], card["logs"], strict=True) if log])
    minimum = card["minimum"]
    normalisations = dict.fromkeys(member["normalisation"] for member in card["members"])
    calendar = [name for name in card["future_names"] if name.startswith(PREFIX)]
    return {
        "undone": (", logarithms are undone" if logged else "")
        + (f", and nothing is below the minimum {minimum:g}" if minimum is not None else ""),
        "log_rule": f" The model reads logarithms of {logged}: a value at or below zero is not one." if logged else "",
        "zone": f", by the clock of {sample.panel.time_zone}" if calendar else "",
        "gaps": "; ".join(_gaps(card)),
        "normalisations": "; ".join(_by_member(card, name) + SCALES[name] for name in normalisations),
        "calendar_rule": "`window_inputs.calendar` makes those that begin with `calendar:` of the times: sine and "
        "cosine of 2 pi times the share of a cycle that is over. Of the week that is 0 on Mondays and 6/7 on Sundays, "
        "of the year the days since January 1st by 365.2425, of the months 0 in January and 11/12 in December. "
        "`calendar:holiday` is 1 on a public holiday, else 0."
        if calendar
        else "",
        "zero_rule": ", and what has never been below zero is not forecast below it" if minimum is None else "",
    }


def _by_member(card: dict[str, Any], normalisation: str) -> str:
    """Whose normalisation it is, where members differ."""
    numbers = [str(n) for n, member in enumerate(card["members"]) if member["normalisation"] == normalisation]
    return "" if len(numbers) == len(card["members"]) else f"of member {', '.join(numbers)} (counted from 0) "


def _gaps(card: dict[str, Any]) -> list[str]:
    """How the gaps of each target are filled, in words."""
    ways = card["imputations"] or [{"season": 0, "carried": 0}] * len(card["contract"]["targets"])
    words = []
    for name, way in zip(card["contract"]["targets"], ways, strict=True):
        season = f"the value {way['season']} steps before, or as many times that before as needed, up to four"
        carried = f"the last value for {way['carried']} steps, then {season}" if way["carried"] else season
        words.append(f"of `{name}` {carried if way['season'] else 'the last value'}")
    return words
