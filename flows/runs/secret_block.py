"""Secrets that lie in Prefect. On its own, because whoever only reads a source needs no store database."""

from lstm.errors import ConfigError


def secret_block(name: str) -> str:
    """Value of a Prefect Secret block. Raises ConfigError when there is none of that name."""
    from prefect.blocks.system import Secret  # a second of imports, which a run without blocks does not need

    try:
        value = Secret.load(name).get()  # type: ignore[union-attr]
    except ValueError as error:
        raise ConfigError(
            f"block:{name}: there is no Secret block of that name; create it in the Prefect UI"
        ) from error
    return str(value)
