"""Gates in a whole night: what keeps a challenger out, and what takes a champion's place."""

import json
from datetime import date

from runs import Stored, edited, gates, run

ANYTHING_PASSES = "".join(
    f'\n[[gates]]\nname = "{name}"\nmetric = "points"\nat_least = 1\nenabled = {enabled}\n'
    for name, enabled in [
        ("beats the baselines", "false"),
        ("not worse than ridge", "false"),
        ("better than the champion", "false"),
        ("few series got worse", "false"),
        ("coverage", "false"),
        ("forecasts stay in range", "false"),
        ("no jump at the first step", "false"),
        ("training learnt", "false"),
        ("enough scored points", "true"),
    ]
)
NOTHING_PASSES = '\n[[gates]]\nname = "impossible"\nmetric = "mase"\nat_most = 1e-9\n'


def weekly(pipeline):
    """Gives every series a strong week, which the seasonal naive knows and a network that learnt nothing does not."""
    observations = pipeline.parent / "observations.csv"
    head, *rows = observations.read_text().splitlines()
    cells = [row.split(",") for row in rows]
    moved = [f"{name},{day},{float(y) + 10 * date.fromisoformat(day).weekday()}" for name, day, y in cells]
    observations.write_text("\n".join([head, *moved]) + "\n")


def test_a_champion_that_is_worse_than_a_baseline_gives_up_its_place(small):
    """A network of one step that every gate let through; the night after, a baseline serves and is champion.

    The night after that it serves as a version like any other, and a challenger has to beat it.
    """
    weekly(small)
    whole = small.read_text()
    bad = whole.replace("members = 1", 'members = 1\nkind = "textbook"').replace("max_epochs = 2", "max_epochs = 1")
    small.write_text(bad.replace("epoch_steps = 5", "epoch_steps = 1\nlearning_rate = 1e-6") + ANYTHING_PASSES)
    assert run(small, "2024-04-27").sentence.startswith("Promoted v1")
    small.write_text(whole + NOTHING_PASSES)
    second = run(small, "2024-04-28")
    stored = Stored(small)
    verdict = stored.verdict(second)
    assert verdict.serve.startswith("baseline:")
    assert (verdict.promote, verdict.promoted_version, verdict.challenger_version) == (True, 3, 2)
    assert second.sentence.startswith(f"{verdict.serve} takes the place of v1: v1 is ")
    assert stored.methods(second) == {verdict.serve}
    assert stored.champion() == 3
    third = run(small, "2024-04-29")
    rows = stored.ledger.run_rows(third.run_id)
    assert set(rows["method"].to_pylist()) == {verdict.serve}
    assert set(rows["model_version"].to_pylist()) == {3}
    assert "champion" in {score.method for score in stored.verdict(third).scores}


def test_a_gate_for_each_series_is_told_with_the_one_that_fails(small):
    """Six judgements of one gate; the verdict's JSON has all their numbers."""
    edited(
        small,
        "[model]",
        '[[gates]]\nname = "each series"\nmetric = "mae"\nscope = "id"\nat_most = 1e-9\n\n[model]',
    )
    outcome = run(small)
    folder = small.parent / "store" / "runs" / outcome.run_id
    told = json.loads((folder / "verdict.json").read_text())["gates"]
    mine = [gate for gate in told if gate["name"] == "each series"]
    assert [gate["segment"] for gate in mine] == [f"id {name}" for name in ("007", "NA", "a", "b", "c", "d")]
    assert all(gate["passed"] is False and gate["observed"] > 0 for gate in mine)
    assert gates(Stored(small).verdict(outcome))["each series"] is False
