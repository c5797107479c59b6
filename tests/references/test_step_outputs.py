"""What steps have left stays readable when fields are added."""

from lstm.references import PanelRef, Receipt


def test_a_panel_of_before_vintages_and_freshness_has_neither():
    """Manifests of older runs lack the fields that came later."""
    fields = {"uri": "panel", "fingerprint": "f", "rows_read": 9, "series": 1, "steps": 9, "cutoff": "8"}
    panel = PanelRef(**fields, newest="8", frequency="1", repairs=0)
    assert (panel.late, panel.vintages, panel.warnings) == (0, False, ())


def test_a_delivery_that_succeeded_says_nothing():
    """The message is for what went wrong."""
    assert Receipt(sink="warehouse", rows=3, delivered=True).message == ""
