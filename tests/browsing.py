"""A headless browser, and Prefect's own pages in front of the server of a test session."""

import contextvars
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PATIENCE = 90.0  # seconds; two busy cores take long to draw a page


def browser_path() -> str:
    """Path of a browser; the test is skipped where there is none, and fails where there has to be one."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None and os.environ.get("NIGHTCAST_REQUIRE_BROWSER") == "1":
        pytest.fail(f"NIGHTCAST_REQUIRE_BROWSER=1, and none of {', '.join(NAMES)} is installed")
    if path is None:
        pytest.skip(f"none of {', '.join(NAMES)} is installed")
    return path


@contextmanager
def browsing() -> Iterator[Any]:
    """A headless browser with a profile of its own. While it is open no flow can be called: the browser's loop runs."""
    from playwright.sync_api import sync_playwright

    path = browser_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(OPTIONS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def prefect_pages(api_url: str) -> Iterator[str]:
    """Address of the pages of Prefect's old UI; those of the new one are below `/v2`.

    The server of Prefect's test harness has no pages, so they are served beside it.
    """
    import uvicorn
    from prefect.server.api.server import create_ui_app
    from prefect.settings import PREFECT_UI_API_URL, PREFECT_UI_ENABLED, temporary_settings

    with temporary_settings({PREFECT_UI_ENABLED: True, PREFECT_UI_API_URL: api_url}), socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(create_ui_app(ephemeral=False), log_level="warning"))
        run = contextvars.copy_context().run  # the settings of this block
        thread = threading.Thread(target=run, args=(server.run, [listening]), daemon=True)
        thread.start()
        deadline = time.monotonic() + PATIENCE
        while not server.started and time.monotonic() < deadline:
            thread.join(0.05)
        assert server.started
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
