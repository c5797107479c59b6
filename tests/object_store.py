"""A real S3 server, moto's, in a process of its own: empty, on loopback, and gone when the test is."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import urlopen

import boto3

BUCKET = "nights"


@contextmanager
def s3_server() -> Iterator[dict[str, str]]:
    """What a process needs in its environment to find the server, which has one empty bucket."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _answers(address):
            assert server.poll() is None
        boto3.client("s3", **access(address)).create_bucket(Bucket=BUCKET)
        yield {
            "AWS_ENDPOINT_URL": address,
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
    finally:
        server.kill()
        server.wait()


def access(address: str) -> dict[str, str]:
    """Arguments for another client of the server."""
    return {
        "endpoint_url": address,
        "aws_access_key_id": "any",
        "aws_secret_access_key": "any",
        "region_name": "us-east-1",
    }


def _answers(address: str) -> bool:
    try:
        urlopen(f"{address}/moto-api/", timeout=5).close()
    except (URLError, OSError):
        return False
    return True
