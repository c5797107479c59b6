"""Begin: connects to the store database, and tries again while it is away."""

from prefect import task

from tasks.job import Job
from tasks.retrying import RETRYING


@task(name="begin", **RETRYING)
def begin(job: Job) -> None:
    """Opens the process's connection pool to the store. Raises StoreError for a database of another version."""
    job.engine()
