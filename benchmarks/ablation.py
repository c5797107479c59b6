"""What each setting of the forecaster gives, on data that is for development. Run as `python -m benchmarks.ablation`.

The table is pasted into the README. A row changes one setting; the first is the default.
"""

import argparse
import sys
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.accuracy import data_folder, run
from benchmarks.child import Measured
from benchmarks.table import machine, paste
from benchmarks.trial import Protocol

MARKER = "bench-ablation"
SEEDS = (1, 2)
DATA = {"m4-weekly": ("owa", "wql", "coverage80"), "departures": ("mase", "coverage80")}
VARIANTS: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    ("default", {}, {}),
    ("members = 1", {"members": 1}, {}),
    ("members = 6", {"members": 6}, {}),
    ("one look-back for all three members", {"look_back": 104}, {}),
    ("segment = 13", {"segment": 13}, {}),
    ("hidden = 32", {"hidden": 32}, {}),
    ("hidden = 128", {"hidden": 128}, {}),
    ("layers = 2", {"layers": 2}, {}),
    ("bidirectional", {"bidirectional": True}, {}),
    ("attention", {"attention": True}, {}),
    ("dropout = 0.2", {"dropout": 0.2}, {}),
    ("weight_decay = 0.1", {}, {"weight_decay": 0.1}),
    ("loss = huber", {"loss": "huber"}, {}),
    ("loss = squared", {"loss": "squared"}, {}),
    ("transform = identity", {"transform": "identity"}, {}),
    ("normalisation = mean_std", {"normalisation": "mean_std"}, {}),
    ("normalisation = last_value", {"normalisation": "last_value"}, {}),
    ("without training: ridge alone", {}, {"max_epochs": 1, "learning_rate": 1e-9}),
    ("refit = false", {}, {"refit": False}),
)
LOOK_BACKS = {"departures": 28}


def main(arguments: list[str] | None = None) -> None:
    """Runs every variant on every data set, and pastes the table."""
    parser = argparse.ArgumentParser(description="What each setting gives, on inner splits.")
    parser.add_argument("--data", help="folder of the data sets; NIGHTCAST_DATA when left out")
    data = data_folder(parser.parse_args(arguments).data)
    rows = [(name, *(_cell(data, where, model, training) for where in DATA)) for name, model, training in VARIANTS]
    header = ("setting", *(f"{where}: {', '.join(scores)}, CPU s" for where, scores in DATA.items()))
    lines = [header, ("---",) * len(header), *rows]
    table = "\n".join(f"| {' | '.join(row)} |" for row in lines)
    paste(MARKER, f"Means over seeds {SEEDS}. Measured on {machine(('numpy', 'torch'))}\n\n{table}")
    print(table, file=sys.stderr)


def _cell(data: Path, where: str, model: dict[str, Any], training: dict[str, Any]) -> str:
    if "look_back" in model:
        model = model | {"look_back": LOOK_BACKS.get(where, model["look_back"])}
    runs = [run(where, data, Protocol(), seed, model, training) for seed in SEEDS]
    shown = [f"{mean(_score(taken, score) for taken in runs):.3f}" for score in DATA[where]]
    return ", ".join([*shown, f"{mean(taken.cpu for taken in runs):.0f}"])


def _score(taken: Measured, name: str) -> float:
    scores: dict[str, float] = taken.found["scores"]
    return scores[name]


if __name__ == "__main__":
    main()
