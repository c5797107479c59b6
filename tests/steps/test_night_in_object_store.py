"""A whole night whose runs and models lie in an object store."""

import hashlib
import os
import re
import subprocess
import sys

import boto3
import pytest
from faults.ground import observations
from object_store import BUCKET, access, s3_server
from present import present

from pages import ROOT

SMALL = """
name = "small"
horizon = 7
frequency = "D"
[source]
path = "observations.csv"
series = ["id"]
time = "day"
targets = ["y"]
[model]
look_back = 14
members = 1
[training]
max_epochs = 8
epoch_steps = 60
batch_size = 32
threads = 1
[evaluation]
origins = 3
[store]
url = "sqlite:///nightcast.db"
folder = "{folder}"
"""
NIGHT = """
import logging, sys
logging.basicConfig(level=logging.INFO, stream=sys.stdout)
from lstm.steps.night import night
outcome = night(sys.argv[1], "2024-04-30")
print("ended", outcome.exit_code, outcome.sentence, flush=True)
"""
RUN = "small.retrain.20240430T000000Z"
WEIGHTS = f"runs/{RUN}/model/weights.safetensors"


def start(home, folder, environment):
    """A night in a process of its own."""
    home.mkdir(exist_ok=True)
    observations().to_csv(home / "observations.csv", index=False)
    (home / "p.toml").write_text(SMALL.format(folder=folder))
    command = [sys.executable, "-u", "-c", NIGHT, str(home / "p.toml")]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | environment, cwd=ROOT)


@pytest.mark.slow
def test_a_night_in_an_object_store_is_killed_and_goes_on_to_the_same_weights(tmp_path):
    """Law: SIGKILL after the third epoch; what follows repeats no epoch, and ends as a night in a local folder does."""
    with s3_server() as environment:
        killed = start(tmp_path / "s3", f"s3://{BUCKET}", environment)
        for line in present(killed.stdout):
            if "member-0 epoch 3" in line:
                break
        killed.kill()
        killed.wait()
        resumed = start(tmp_path / "s3", f"s3://{BUCKET}", environment)
        said = resumed.communicate(timeout=300)[0]
        assert "ended 0" in said
        assert re.findall(r"member-0 epoch (\d+)", said)[0] == "4"
        client = boto3.client("s3", **access(environment["AWS_ENDPOINT_URL"]))
        weights = client.get_object(Bucket=BUCKET, Key=WEIGHTS)["Body"].read()
        keys = [entry["Key"] for entry in client.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert f"runs/{RUN}/report.html" in keys
    assert not [key for key in keys if "checkpoints" in key]
    whole = start(tmp_path / "local", "store", {})
    assert "ended 0" in whole.communicate(timeout=300)[0]
    twin = (tmp_path / "local" / "store" / WEIGHTS).read_bytes()
    assert hashlib.sha256(weights).hexdigest() == hashlib.sha256(twin).hexdigest()
