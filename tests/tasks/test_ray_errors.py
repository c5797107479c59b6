"""What Ray raises is an error of ours that may pass; what a work raises is raised as it was."""

from typing import Any

import pytest

from lstm.errors import DataError, WorkerLostError
from tasks.ray_errors import errors_of_ours
from tasks.retrying import passes


def errors_of_ray() -> list[Any]:
    """What Ray raises where a worker, a node, an object, an actor or the room for them is gone."""
    from ray import exceptions

    return [
        exceptions.WorkerCrashedError(),
        exceptions.NodeDiedError("gone"),
        exceptions.LocalRayletDiedError(),
        exceptions.ObjectLostError("00", None, ""),
        exceptions.OwnerDiedError("00", None, ""),
        exceptions.ObjectReconstructionFailedError("00"),
        exceptions.ObjectStoreFullError("full"),
        exceptions.OutOfDiskError("full"),
        exceptions.OutOfMemoryError("killed"),
        exceptions.ActorDiedError(),
        exceptions.ActorUnavailableError("away", None),
        exceptions.GetTimeoutError("late"),
        exceptions.RaySystemError(ValueError("broken")),
        exceptions.RayTaskError("do_work", "", exceptions.WorkerCrashedError()),
    ]


def test_what_rays_errors_say_is_tried_again():
    """Law: whatever Ray itself raises is an error of ours that may pass, so the step is tried again."""
    for lost in errors_of_ray():
        with pytest.raises(WorkerLostError) as error, errors_of_ours():
            raise lost
        assert passes(error.value), lost


def test_what_a_work_raises_is_raised_as_it_was():
    from ray.exceptions import RayTaskError

    refused = DataError("a value is wrong", series="a", line=7)
    with pytest.raises(DataError) as error, errors_of_ours():
        raise RayTaskError("do_work", "", refused)
    assert error.value is refused
