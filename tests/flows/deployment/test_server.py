"""A Prefect server that is not there is one clear error."""

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.deployment.server import check_server, server_client
from lstm.errors import DeploymentError


def test_a_server_that_is_not_there_is_one_clear_error():
    """Nothing listens on port 9; and without any URL Prefect would start a server that ends with the command."""
    silent = temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"})
    with silent, pytest.raises(DeploymentError, match=r"127\.0\.0\.1:9/api does not answer.*prefect server start"):
        server_client().__enter__()
    unset = temporary_settings(restore_defaults={PREFECT_API_URL})
    with unset, pytest.raises(DeploymentError, match="PREFECT_API_URL is not set"):
        server_client().__enter__()


def test_a_run_by_hand_that_cannot_reach_its_server_says_so_before_it_begins():
    """Prefect's own answer is a traceback. Without a URL nothing is refused: the run starts a server of its own."""
    silent = temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"})
    with silent, pytest.raises(DeploymentError, match=r"does not answer.*unset PREFECT_API_URL, and the run starts"):
        check_server()
    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        check_server()
    check_server()  # the session's server answers
