"""Secrets: a pipeline file names where one is, never the secret itself."""

import os
import re
from typing import Any

from lstm.errors import ConfigError

_PASSWORD = re.compile(r"://[^:/@]*:[^@]+@|[?&](password|passwd|pwd)=", re.IGNORECASE)


def refuse_password(url: str | None) -> str | None:
    """Answers a URL as it is. Raises ValueError, without repeating it, when it holds a password."""
    if url is not None and _PASSWORD.search(url):
        raise ValueError(
            "holds a password, which does not belong into a pipeline file; put the whole URL into an environment "
            'variable or a Prefect Secret block and write "env:NAME" or "block:NAME"'
        )
    return url


def secret(reference: str, *, blocks: Any = None) -> str:
    """What `env:NAME` or `block:NAME` refers to; any other text is answered as it is.

    blocks: answers the value of a named secret block; `lstm` itself knows no Prefect, so a flow hands it in.
    Raises ConfigError when the variable or block is missing.
    """
    kind, _, name = reference.partition(":")
    if kind == "env":
        value = os.environ.get(name)
        if not value:
            raise ConfigError(
                f"{reference}: the environment variable {name} is not set; export it with the value meant here"
            )
        return value
    if kind == "block":
        if blocks is None:
            raise ConfigError(
                f"{reference}: a Secret block is Prefect's and cannot be read without it; use env:NAME in its place"
            )
        return str(blocks(name))
    return reference
