"""`nightcast whatif`: what it prints, and where a plan is looked for."""

from typer.testing import CliRunner


def test_the_command_prints_the_answer_and_takes_a_plan_from_where_it_was_typed(shops, tmp_path, monkeypatch):
    from flows.cli.app import app

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "plan.csv").write_text("region,shop,day,planned\nsouth,c,2024-05-02,149\n")
    monkeypatch.chdir(elsewhere)
    answer = CliRunner().invoke(app, ["whatif", str(shops), "--future", "plan.csv"])
    assert answer.exit_code == 0, answer.output
    assert "What if the plan plan.csv? 1 series of 4" in answer.output
    assert "whatif.html" in "".join(answer.output.split())  # a narrow terminal folds the path
