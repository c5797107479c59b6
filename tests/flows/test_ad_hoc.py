"""Runs by hand: the form's flow, overrides and dry runs, on a real server and store."""

import asyncio
from pathlib import Path

import pyarrow as pa
import pytest
from prefect.server.utilities.schema_tools import ValidationError, validate  # what a server does with parameters
