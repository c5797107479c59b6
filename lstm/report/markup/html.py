"""Pages as HTML, from templates that escape every text: what comes from outside means nothing to a browser."""

from functools import cache
from typing import TYPE_CHECKING

from lstm.report.charts.style import data_uri

if TYPE_CHECKING:
    from jinja2 import Environment


def render(template: str, **values: object) -> str:
    """A template of this folder, filled. Raises jinja2.UndefinedError for a value that it asks for and has not got."""
    return _templates().get_template(template).render(values)


@cache
def _templates() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    templates = Environment(
        loader=PackageLoader("lstm.report.markup", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["data_uri"] = data_uri
    return templates
