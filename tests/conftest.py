"""Databases of every kind, empty and of a random name; and a published night, made once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import empty_database
from planned_shops import planned_shops, published


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.slow),
        pytest.param("mariadb", marks=pytest.mark.slow),
    ]
)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty database, which is dropped afterwards."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.db'}"
        return
    with empty_database(request.param) as url:
        yield url


@pytest.fixture(scope="session")
def night_of_shops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pipeline file in a folder with its store."""
    pipeline_file = planned_shops(tmp_path_factory.mktemp("shops"))
    published(pipeline_file)
    return pipeline_file


@pytest.fixture
def shops(night_of_shops: Path, tmp_path: Path) -> Path:
    """The same in a folder of its own."""
    return Path(shutil.copytree(night_of_shops.parent, tmp_path / "shops")) / night_of_shops.name
