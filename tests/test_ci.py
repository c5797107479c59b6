"""What calls the checks from outside, which no test runs: the workflow of a hosted CI, and hooks before a commit."""

import os
import re
import tomllib
from typing import Any

import yaml

from pages import ROOT

WORKFLOW: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
JOB: dict[str, Any] = WORKFLOW["jobs"]["tests"]
CI_RUN = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([\w.-]+):", MAKEFILE, re.MULTILINE))


def test_the_workflow_calls_every_part_of_ci_run_and_nothing_that_is_not_there() -> None:
    """Law: the same commands check here and in a hosted CI; a program in the checkout exists and can be executed."""
    commands = [step["run"].split() for step in JOB["steps"] if "run" in step]
    parts = [words[1] for words in commands if words[0] == ".ci/run"]
    whole = re.search(r"set -- (.+); fi", CI_RUN)
    assert whole is not None
    assert parts == whole[1].split()
    named = {target for words in commands for target in words[1:]}
    assert named <= TARGETS
    programs = {words[0] for words in commands} - {"make"}
    assert [name for name in programs if not os.access(ROOT / name, os.X_OK)] == []


def test_the_workflow_runs_on_every_python_that_the_metadata_name() -> None:
    """3.11 to 3.13, in the workflow and in the classifiers."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    assert JOB["strategy"]["matrix"]["python"] == versions
    assert project["requires-python"] == f">={versions[0]}"


def test_the_workflow_has_the_servers_that_ci_run_asks_for() -> None:
    """On the ports, and with the users without a password, of the URLs that `.ci/run` takes where none are given."""
    ports = set(re.findall(r"@127\.0\.0\.1:(\d+)/", CI_RUN))
    services = JOB["services"]
    assert {service["ports"][0] for service in services.values()} == {f"{port}:{port}" for port in ports}
    assert services["postgresql"]["env"] == {"POSTGRES_HOST_AUTH_METHOD": "trust"}
    assert services["mariadb"]["env"] == {"MARIADB_ALLOW_EMPTY_ROOT_PASSWORD": "1"}


def test_hooks_before_a_commit_are_the_tools_of_make_check() -> None:
    """Law: nothing is fetched, each tool is that of `.venv`, and together they are those of `make check`."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert [repository["repo"] for repository in hooks] == ["local"]
    recipe = re.search(r"^check:.*\n((?:\t.+\n)+)", MAKEFILE, re.MULTILINE)
    assert recipe is not None
    checked = set(re.findall(r"\$\(BIN\)/([\w-]+)", recipe[1]))
    entries = [hook["entry"].split() for hook in hooks[0]["hooks"]]
    assert {words[0] for words in entries} == {f".venv/bin/{tool}" for tool in checked}
