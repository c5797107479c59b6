"""Names of datasets, as the page "Naming" of OpenLineage's specification has them."""

from pathlib import Path

import pytest

from lstm.storage.tracking.dataset_names import place_name, table_name


@pytest.mark.parametrize(
    ("url", "table", "namespace", "name"),
    [
        ("postgresql://user:secret@db.lan:5433/shop", "stock.sales", "postgres://db.lan:5433", "shop.stock.sales"),
        ("postgresql+psycopg://db.lan/shop", "sales", "postgres://db.lan:5432", "shop.public.sales"),
        ("postgresql://db.lan/shop", '"stock"."Sales"', "postgres://db.lan:5432", "shop.stock.Sales"),
        ("mysql+pymysql://db.lan/shop", "sales", "mysql://db.lan:3306", "shop.sales"),
        ("mariadb://root@db.lan:3307/shop", "shop.sales", "mysql://db.lan:3307", "shop.sales"),
        ("sqlite:////data/shop.db", "sales", "sqlite:///data/shop.db", "sales"),
    ],
)
def test_a_table_is_named_by_its_server_and_its_place_there_without_user_or_password(url, table, namespace, name):
    assert table_name(url, table) == (namespace, name)


@pytest.mark.parametrize(
    ("place", "namespace", "name"),
    [
        ("sales.csv", "file", "/data/sales.csv"),
        ("/other/sales.csv", "file", "/other/sales.csv"),
        ("sales/2024-*.csv", "file", "/data/sales"),
        ("*.csv", "file", "/data"),
        ("s3://bucket/runs/x/model", "s3://bucket", "runs/x/model"),
    ],
)
def test_a_file_is_named_by_its_path_and_an_object_by_its_bucket_and_key(place, namespace, name):
    assert place_name(place, Path("/data")) == (namespace, name)
