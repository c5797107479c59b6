"""The HTML, CSS and markdown that the reports are made of."""
