"""The page of commands, from what `--help` knows."""

from collections.abc import Iterator
from typing import Any

import typer

from docs.generator.markdown import code, sentence, table
from flows.cli.app import app

INTRODUCTION = """
# Commands

`nightcast COMMAND --help` says the same in the terminal. What the exit codes mean: [errors](errors.md#exit-codes).
"""


def commands() -> dict[str, Any]:
    """Every command by its words, such as `models show`."""
    return dict(_walk(typer.main.get_command(app), ()))


def _walk(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield " ".join(words), command
        return
    for name, command in inner.items():
        yield from _walk(command, (*words, name))


def page() -> str:
    """The page."""
    return "\n\n".join([INTRODUCTION.strip(), *(_section(name, command) for name, command in commands().items())])


def _section(name: str, command: Any) -> str:
    shown = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
    usage = " ".join([f"nightcast {name}", *(_usage(parameter) for parameter in shown)])
    story, *examples = [sentence(paragraph) for paragraph in (command.help or "").split("\n\n")]
    parts = [f"## nightcast {name}", story, f"```text\n{usage}\n```"]
    if shown:
        parts.append(table(("parameter", "default", "meaning"), [_row(parameter) for parameter in shown]))
    return "\n\n".join([*parts, *examples])


def _usage(parameter: Any) -> str:
    written = _name(parameter)
    if not _is_argument(parameter):
        value = "" if _is_flag(parameter) else f" {parameter.metavar or '…'}"
        written = f"{parameter.opts[0]}{value}"
    return written if parameter.required else f"[{written}]"


def _row(parameter: Any) -> tuple[str, str, str]:
    name = code(_name(parameter)) if _is_argument(parameter) else ", ".join(code(opt) for opt in parameter.opts)
    return name, _default(parameter), parameter.help or ""


def _name(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _is_argument(parameter: Any) -> bool:
    return not parameter.opts[0].startswith("-")


def _is_flag(parameter: Any) -> bool:
    return isinstance(parameter.default, bool)


def _default(parameter: Any) -> str:
    if parameter.required:
        return "**required**"
    if parameter.default is None or _is_flag(parameter) or parameter.multiple:
        return ""
    return code(str(parameter.default))
