"""`nightcast tune` prints the best trials and the lines to paste."""

import pytest
from typer.testing import CliRunner

import flows.cli.tune as module
from flows.cli.app import app
from lstm.references import Outcome

TRIALS = {"head": ["trial", "better by", "setting"], "rows": [["3", "+2.1 %", "hidden 16"], ["0", "0 %", "the file's"]]}


@pytest.mark.parametrize("write", [False, True])
def test_the_trials_and_the_lines_are_printed(monkeypatch, tmp_path, write):
    """Law: lines that were written already are not offered for pasting once more."""
    asked = {}

    def outcome(flow, pipeline_file, **parameters):
        asked.update(parameters)
        summary = {"rows": [], "trials": TRIALS, "lines": ["[model]", "hidden = 16"]}
        return Outcome(run_id="r", exit_code=0, sentence="It is proposed.", summary=summary)

    monkeypatch.setattr(module, "flow_outcome", outcome)
    arguments = ["tune", str(tmp_path / "p.toml"), "--trials", "9", "--budget", "2h", *(["--write"] if write else [])]
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 0
    assert asked == {"as_of": None, "trials": 9, "budget": "2h", "write": write}
    assert "+2.1 %" in shown.output
    assert "hidden = 16" in shown.output
    assert ("which --write puts there" in shown.output) is not write
