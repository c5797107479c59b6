"""What runs, in which order: the flows, and the command `nightcast`."""

from pathlib import Path

from flows.shadowing import refuse_shadows

refuse_shadows(Path(__file__).resolve().parents[1])

from flows.visible_log import show_control_characters  # noqa: E402 - reads a package that may be hidden

show_control_characters()
