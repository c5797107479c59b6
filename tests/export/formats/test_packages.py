"""What an installation lacks is said with the command that brings it."""

import pytest
from exported import module_of, sample_of

from lstm.errors import ConfigError
from lstm.export.formats import packages
from lstm.export.formats.onnx_graph import write_onnx
from lstm.export.formats.packages import require


def test_a_missing_package_is_named_with_its_extra(monkeypatch, tmp_path):
    """Law: as for every extra, and before anything is written."""
    monkeypatch.setattr(packages, "find_spec", lambda name: None if name.startswith("onnx") else name)
    with pytest.raises(ConfigError, match=r'needs onnx and onnxscript and .* pip install "nightcast\[onnx\]"'):
        write_onnx(tmp_path, module_of("shared"), sample_of("shared").inputs, "m")
    assert list(tmp_path.iterdir()) == []
    require("keras", "keras")
