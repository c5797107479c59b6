"""The pictures of a run."""

from stories import make_story, story_panel


def test_nothing_missing_makes_no_picture() -> None:
    """An empty map tells nothing that the sentence does not."""
    panel = story_panel(["a"])
    panel.targets[:-14] = 1.0
    assert make_story(panel=panel).pictures.missing is None
