"""Whether the packages of an extra are there, which an export asks before it does anything."""

from importlib.util import find_spec

from lstm.errors import ConfigError


def require(extra: str, *packages: str) -> None:
    """Raises ConfigError where a package of an extra is missing."""
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise ConfigError(
            f"an export to {extra} needs {' and '.join(missing)}, which this installation has not got: "
            f'pip install "nightcast[{extra}]"'
        )
