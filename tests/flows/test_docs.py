"""Who follows a page of the documentation, command by command, gets through."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from databases import VARIABLES, empty_database
from shell import Shell, blocks, page_before

from pages import ROOT, pages

TYPED = [page for page in pages() if any(block.language in ("sh", "sql") for block in blocks(page))]
SHORTER = """
[model]
members = 1
look_back = 42
transform = "identity"
normalisation = "mean_std"
channels = "shared"

[training]
max_epochs = 1
epoch_steps = 5
refit = false
threads = 1
"""


class ShortNights(Shell):
    """A shell whose pipeline files train for a moment: pages show files with all defaults, which take minutes."""

    def type(self, words: list[str]) -> int:
        for file in self.folder.rglob("*.toml"):
            settings = file.read_text(encoding="utf-8")
            if "[source]" in settings and "max_epochs" not in settings:
                file.write_text(settings + SHORTER, encoding="utf-8")
        return super().type(words)


@pytest.fixture(scope="session")
def followed(tmp_path_factory: pytest.TempPathFactory, prefect_server: str) -> Callable[[Path], Path]:
    """Follows a page to its end, once a session; answers the folder that the reader has then."""
    done: dict[Path, Path] = {}

    def follow(page: Path) -> Path:
        if page not in done:
            done[page] = _follow(page, tmp_path_factory.mktemp(page.stem), prefect_server, follow)
        return done[page]

    return follow


@contextmanager
def _server_as_before() -> Iterator[None]:
    """Takes the deployments and automations that came in between off the session's server again."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        before = {one.id for one in client.read_deployments()}
        yield
        for one in client.read_deployments():
            if one.id not in before:
                client.delete_deployment(one.id)
        for automation in client.read_resource_related_automations("nightcast"):
            client.delete_automation(automation.id)


def _follow(page: Path, folder: Path, server: str, follow: Callable[[Path], Path]) -> Path:
    """The folder begins with the examples, as after a checkout, or as the page before left it."""
    before = page_before(page)
    if before is not None:
        shutil.copytree(follow(before), folder, dirs_exist_ok=True)
    else:
        shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("store", "*.db"))
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        stack.enter_context(_server_as_before())
        patch.setenv("PREFECT_API_URL", server)
        if page.stem in VARIABLES:
            for name in ("WAREHOUSE_URL", "NIGHTCAST_STORE_URL"):
                patch.setenv(name, stack.enter_context(empty_database(page.stem)))
        shell = ShortNights(folder, patch)
        for block in blocks(page):
            shell.follow(block)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("page", TYPED, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_commands_of_a_page_run(page: Path, followed: Callable[[Path], Path]) -> None:
    """Each ends with the exit code that the page says, 0 where it says nothing."""
    followed(page)
