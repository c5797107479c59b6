"""What Ray raises, as errors of ours, by which a step knows whether to try again."""

from collections.abc import Iterator
from contextlib import contextmanager

from lstm.errors import WorkerLostError


@contextmanager
def errors_of_ours() -> Iterator[None]:
    """Raises what a work has raised as it was raised there, and WorkerLostError for what is Ray's: it may pass."""
    import ray

    try:
        yield
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, ray.exceptions.RayError):
            raise WorkerLostError(f"Ray could not do the work: {error.cause}") from error
        raise error.cause from error
    except ray.exceptions.RayError as error:
        raise WorkerLostError(f"Ray lost a part of the work: {type(error).__name__}: {error}") from error
