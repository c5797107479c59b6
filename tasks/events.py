"""Events of a pipeline in Prefect, which automations can act upon."""

from typing import Any

from prefect.events import emit_event

from tasks.job import Job


def emit(name: str, job: Job, payload: dict[str, Any]) -> None:
    """Emits an event about the job's pipeline, such as `nightcast.accuracy.degraded`. payload: JSON, no secrets."""
    emit_event(
        event=name,
        resource={
            "prefect.resource.id": f"nightcast.pipeline.{job.pipeline.name}",
            "prefect.resource.name": job.pipeline.name,
            "nightcast.run": job.key.run_id,
        },
        payload={"pipeline": job.pipeline.name, "run_id": job.key.run_id, "as_of": job.key.as_of, **payload},
    )
