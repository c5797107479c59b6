"""README.md and example.py say what a folder holds."""

import ast

import pytest
from exported import KINDS, sample_of

from lstm.export.readme import example_text, readme_text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("file_format", ["onnx", "pytorch", "keras"])
def test_every_input_has_its_row_and_every_sentence_its_end(kind, file_format):
    """Law: name, type and shape of each input; no gap where a model has not got what a sentence speaks of."""
    text = readme_text(file_format, "sales", sample_of(kind))
    for name, rows in sample_of(kind).inputs.items():
        shape = ", ".join(map(str, rows.shape[1:]))
        assert f"| `{name}` | {'bool' if name == 'observed' else 'float64'} | (N, {shape}) |" in text
    assert [line for line in text.splitlines() if "  " in line.strip() or line.rstrip() != line] == []
    assert "\n\n\n" not in text
    assert max(len(line) for line in text.splitlines() if not line.startswith("|")) <= 100
    assert "None" not in text
    assert ("tritonserver" in text) == (file_format == "onnx")
    assert ("model.build" in text) == (file_format == "pytorch")


def test_columns_are_named_with_their_categories():
    """Law: static covariates by places among the texts of training, or as numbers."""
    text, logs = (" ".join(readme_text("onnx", "sales", sample_of(kind)).split()) for kind in ("segmented", "shared"))
    assert "Columns of `history`, `level`, `scale`: `y`, `z`." in text
    assert "Columns of `future`: `plan`, `calendar:weekday_sin`, `calendar:weekday_cos`." in text
    assert "Columns of `static`: `region`, the place, counted from 0, among `north`, `south`; `size`, a number." in text
    assert "logarithms of `y`, `z`" in logs
    assert "logarithm" not in text


@pytest.mark.parametrize(
    ("file_format", "library"), [("onnx", "onnxruntime"), ("pytorch", "torch"), ("keras", "keras")]
)
def test_an_example_imports_its_library_and_numpy(file_format, library):
    """Law: and what lies beside it, and Python's own."""
    tree = ast.parse(example_text(file_format, "sales", sample_of("textbook")))
    imports = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    beside = {"onnx": set(), "pytorch": {"model"}, "keras": {"keras_layers", "os"}}[file_format]
    assert imports == {"json", "sys", "numpy", library, *beside}
