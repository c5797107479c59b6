"""What all pictures have in common: colours, fonts, axes of time, and PNG bytes of a bounded size.

Matplotlib's object interface only, without pyplot: pictures may be drawn in several threads. It is imported when the
first picture is drawn, since it takes half a second.
"""

import base64
import io
from typing import TYPE_CHECKING

import numpy as np

from lstm.data.frequency.aliases import Frequency

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 7.0  # inches; 700 px wide, a font of 9 points is 12 px high
# Bytes; three such pictures and a large one stay, in base64, below the 400 kB of an artifact.
LARGEST_PNG, LARGEST_GRID = 50_000, 115_000
# Bytes in Prefect's pages, which its database keeps for ever: a picture, and one large one. A year of nights with a
# forecast each hour stays below a gigabyte; report.html has the pictures as they were drawn.
LARGEST_SHOWN, LARGEST_SHOWN_GRID = 12_000, 30_000
WIDTHS = (700, 600, 500, 400, 300, 200)  # pixels, tried until the picture is small enough
COLORS = 64  # lines and areas of a few colours with soft edges need no more
RESOLUTIONS = (144, 120, 100, 80, 60, 40)  # dots an inch, tried until the picture is small enough

# Okabe and Ito's palette, which colour-blind people can tell apart: https://jfly.uni-koeln.de/color/
BLUE, GREEN, VERMILION, PURPLE, ORANGE = "#0072B2", "#009E73", "#D55E00", "#AA4499", "#E69F00"
INK, MUTED, FAINT, PALE = "#1F2933", "#5F6C7B", "#9AA5B1", "#E4E9EF"


def new_figure(height: float) -> "Figure":
    """An empty white figure, `height` inches high."""
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH, height), layout="constrained", facecolor="white")


def png(figure: "Figure", largest: int = LARGEST_PNG) -> bytes:
    """The figure as PNG of COLORS colours, at the highest resolution that stays within `largest` bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text
    from PIL import Image

    for text in figure.findobj(Text):
        text.set_parse_math(False)  # a series may be called `$x_$`, which is no formula
    canvas, content = FigureCanvasAgg(figure), b""
    for resolution in RESOLUTIONS:
        figure.set_dpi(resolution)
        canvas.draw()
        pixels = np.asarray(canvas.buffer_rgba())[..., :3]
        packed = io.BytesIO()
        Image.fromarray(pixels).quantize(COLORS, Image.Quantize.MAXCOVERAGE).save(packed, "png", optimize=True)
        content = packed.getvalue()
        if len(content) <= largest:
            break
    return content


def shrunk(content: bytes, largest: int = LARGEST_SHOWN) -> bytes:
    """A PNG of at most `largest` bytes that shows the same, as wide as that allows; one that is small stays."""
    from PIL import Image

    if len(content) <= largest:
        return content
    drawn = Image.open(io.BytesIO(content)).convert("RGB")
    for width in (width for width in WIDTHS if width < drawn.width):
        height = max(round(drawn.height * width / drawn.width), 1)
        packed = io.BytesIO()
        scaled = drawn.resize((width, height), Image.Resampling.LANCZOS)
        scaled.quantize(COLORS // 2, Image.Quantize.MAXCOVERAGE).save(packed, "png", optimize=True)
        content = packed.getvalue()
        if len(content) <= largest:
            break
    return content


def data_uri(content: bytes) -> str:
    """A PNG as an address that holds all of it."""
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def calm(axes: "Axes", *, grid: str = "y") -> None:
    """No frame, a faint grid along one axis, small muted ticks."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)
    axes.set_axisbelow(True)
    axes.grid(True, axis=grid, color=PALE, linewidth=0.8)  # type: ignore[arg-type]
    axes.tick_params(colors=MUTED, labelsize=8, length=0)
    axes.xaxis.label.set(color=MUTED, fontsize=8)
    axes.yaxis.label.set(color=MUTED, fontsize=8)


def title(axes: "Axes", text: str, *, right: str = "") -> None:
    """A title at the left, and a quieter one at the right."""
    axes.set_title(text, loc="left", fontsize=9, fontweight="bold", color=INK)
    axes.set_title(right, loc="right", fontsize=8, color=MUTED)


def time_axis(axes: "Axes", frequency: Frequency, *, ticks: int = 6) -> None:
    """Few, short labels of time along x."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import MaxNLocator

    if frequency.kind == "integer":
        axes.xaxis.set_major_locator(MaxNLocator(ticks, integer=True))
        return
    locator = AutoDateLocator(minticks=2, maxticks=ticks)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.xaxis.get_offset_text().set(color=MUTED, fontsize=8)


def moments(frequency: Frequency, ordinals: np.ndarray) -> np.ndarray:
    """Ordinals as matplotlib draws them: datetime64, or integers for integer steps."""
    return np.asarray(frequency.times(ordinals).to_numpy(zero_copy_only=False))


def time_label(frequency: Frequency) -> str:
    """Name of the axis of time."""
    if frequency.kind == "integer":
        return "step"
    return "date" if frequency.is_date else "time, UTC"


def limits(values: np.ndarray, always: np.ndarray) -> tuple[float, float] | None:
    """A range for an axis which a few outliers among `values` do not stretch; None when nothing is finite.

    always: values that lie within it at any cost.
    """
    finite = values[np.isfinite(values)].astype(np.float64)
    kept = always[np.isfinite(always)].astype(np.float64)
    if not len(finite) + len(kept):
        return None
    if len(finite):
        low, high = np.quantile(finite, (0.05, 0.95))
        room = 1.5 * (high - low) or np.inf
        kept = np.concatenate([kept, finite[(finite >= low - room) & (finite <= high + room)]])
    bottom, top = float(kept.min()), float(kept.max())
    margin = 0.07 * (top - bottom) or max(0.05 * abs(top), 0.5)
    return bottom - margin, top + margin


def short(text: str, length: int) -> str:
    """Text on one line, its middle left out where it is longer than `length`."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    if len(line) <= length:
        return line
    return f"{line[: (length - 1) // 2]}…{line[-(length // 2) :]}"
