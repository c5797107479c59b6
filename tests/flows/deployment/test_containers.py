"""Containerfile and compose.yaml, which no test can run here: what they name is there."""

import re
import tomllib
from itertools import pairwise
from typing import Any

import yaml
from prefect import settings

from pages import ROOT

CONTAINERFILE = (ROOT / "deployments" / "Containerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deployments" / "compose.yaml").read_text(encoding="utf-8"))


def test_the_image_has_every_package_and_extra():
    """Law: what the project installs is copied before it is installed, with the drivers of every database."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = {name.rstrip("*") for name in project["tool"]["setuptools"]["packages"]["find"]["include"]}
    copied = {line.split()[1].split("/")[0] for line in CONTAINERFILE.splitlines() if line.startswith("COPY ")}
    assert packages <= copied
    extras = set(project["project"]["optional-dependencies"]) - {"dev"}
    installed = re.search(r'"\.\[(.+)\]"', CONTAINERFILE)
    assert installed is not None
    assert set(installed[1].split(",")) == extras


def test_the_image_runs_as_a_user_of_its_own():
    """The last user of the file, by number, since Kubernetes cannot tell from a name that it is not root."""
    users = re.findall(r"^USER (\S+)$", CONTAINERFILE, re.MULTILINE)
    assert users == ["10001:10001"]
    assert "useradd --uid 10001" in CONTAINERFILE


def test_prefects_settings_in_the_files_are_settings_of_prefect():
    """A name that Prefect does not know is silently without effect."""
    environment = {name for service in COMPOSE["services"].values() for name in service.get("environment", {})}
    named = {name for name in environment if name.startswith("PREFECT_")}
    named |= set(re.findall(r"(PREFECT_[A-Z_]+)=", CONTAINERFILE))
    assert len(named) >= 6
    assert [name for name in sorted(named) if not hasattr(settings, name)] == []
    assert not hasattr(settings, "PREFECT_NO_SUCH_SETTING")


def test_the_server_asks_for_a_password_and_everybody_else_has_it():
    """Basic auth and CSRF protection are on; no password is in the file, and none is left empty."""
    services = COMPOSE["services"]
    server = services["server"]["environment"]
    assert server["PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED"] == "true"
    assert server["PREFECT_SERVER_API_AUTH_STRING"].startswith("${PREFECT_AUTH:?")
    for name in ("examples", "worker"):
        assert services[name]["environment"]["PREFECT_API_AUTH_STRING"] == server["PREFECT_SERVER_API_AUTH_STRING"]
    assert services["server"]["ports"] == ["127.0.0.1:4200:4200"]
    assert services["database"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")


def test_services_wait_for_what_they_need_and_find_the_same_folder():
    """The worker comes after the deployments, these after the server, that after its database."""
    services = COMPOSE["services"]
    order = ["database", "server", "examples", "worker"]
    assert list(services) == order
    for before, after in pairwise(order):
        assert list(services[after]["depends_on"]) == [before]
    for name in ("examples", "worker"):
        assert "pipelines:/pipelines" in services[name]["volumes"]
    assert COMPOSE["volumes"]["pipelines"]["name"] == "nightcast_pipelines"
