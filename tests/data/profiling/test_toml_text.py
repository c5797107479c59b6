"""A guessed pipeline file as text."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from lstm.data.profiling.setting import Setting, Value
from lstm.data.profiling.toml_text import WIDTH, pipeline_text

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.one_of(TEXTS, st.integers(-(2**63), 2**63 - 1), st.lists(TEXTS).map(tuple)), TEXTS)
def test_any_value_comes_back_whatever_its_reason(value: Value, why: str) -> None:
    """Law: the text is valid TOML; names of columns and reasons hold anything."""
    text = pipeline_text([why], [("", []), ("source", [Setting("name", value, why)])])
    written = tomllib.loads(text)["source"]["name"]
    assert written == (list(value) if isinstance(value, tuple) else value)


def test_what_is_only_suggested_is_a_comment() -> None:
    text = pipeline_text([], [("source", [Setting("gaps", "zero", "if absent means 0", written=False)])])
    assert '# gaps = "zero"' in text
    assert tomllib.loads(text) == {"source": {}}


def test_a_long_reason_stands_above_its_line() -> None:
    text = pipeline_text([], [("source", [Setting("series", ("a" * 60,), "because " * 30)])])
    assert text.splitlines()[-1].startswith("series = ")
    assert max(map(len, text.splitlines())) <= WIDTH
