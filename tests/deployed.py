"""Pipeline files that are deployed to the Prefect server of the tests; what they name is never read."""

from pathlib import Path

from flows.deployment.deployments import deployments_of
from flows.deployment.register import register
from flows.deployment.server import server_client

FILE = """
name = "{name}"
horizon = 7
time_zone = "America/New_York"

[source]
path = "observations.csv"
time = "day"
targets = ["y"]

[schedule]
{schedule}
"""


def write(folder: Path, name: str, schedule: str = "") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(FILE.format(name=name, schedule=schedule), encoding="utf-8")
    return path


def deploy(*files: Path) -> list[str]:
    with server_client() as client:
        return [entry.what for entry in register(client, deployments_of(list(files)))]
