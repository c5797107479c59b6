"""A connection to the Prefect server that the user has set up, with every way to miss it in words."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.exceptions import PrefectHTTPStatusError
from prefect.settings import get_current_settings

from lstm.errors import DeploymentError

HOW_TO = "start one with `prefect server start`, then `export PREFECT_API_URL=http://127.0.0.1:4200/api`"


@contextmanager
def server_client() -> Iterator[SyncPrefectClient]:
    """A client of the server at PREFECT_API_URL. Raises DeploymentError when it is not there, or refuses something."""
    url = get_current_settings().api.url
    if not url:
        raise DeploymentError(
            f"PREFECT_API_URL is not set, and schedules need a Prefect server that keeps running: {HOW_TO}"
        )
    with get_client(sync_client=True) as client:
        _refuse_silence(client, url)
        try:
            yield client
        except PrefectHTTPStatusError as error:
            raise DeploymentError(f"the Prefect server at {url} refused: {_detail(error)}") from error
        except httpx.TransportError as error:
            raise DeploymentError(f"the Prefect server at {url} went away: {error}; run the command again") from error


def check_server() -> None:
    """Raises DeploymentError where a server is named that a run cannot talk to; else Prefect starts one of its own."""
    if not get_current_settings().api.url:
        return
    try:
        with server_client() as client:
            client.api_version()
    except DeploymentError as error:
        raise DeploymentError(
            f"{error}; or unset PREFECT_API_URL, and the run starts a Prefect server for itself"
        ) from error


def _refuse_silence(client: SyncPrefectClient, url: str) -> None:
    problem = client.api_healthcheck()
    if problem is not None:
        raise DeploymentError(f"the Prefect server at {url} does not answer ({problem}); {HOW_TO}")


def _detail(error: PrefectHTTPStatusError) -> str:
    if error.response.status_code in (401, 403):
        return "it asks for a password; export PREFECT_API_AUTH_STRING=user:password"
    try:
        return str(error.response.json().get("detail", error))
    except ValueError:
        return str(error)
