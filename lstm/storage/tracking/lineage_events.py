"""Events of OpenLineage: a run has started, is complete, has failed or was cancelled, with what it read and wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid5

from lstm.errors import ConfigError
from lstm.storage.tracking.dataset_names import DatasetName

NAMESPACE = "nightcast"  # of jobs
PRODUCER = "urn:nightcast"
What = Literal["START", "COMPLETE", "FAIL", "ABORT"]


@dataclass(frozen=True)
class Written:
    """A dataset that a run wrote. columns: (name, type). rows: None where nobody counted."""

    name: DatasetName
    columns: tuple[tuple[str, str], ...] = ()
    rows: int | None = None


@dataclass(frozen=True)
class RunEvent:
    """What happened to a run.

    lineage_id: a UUID, of Prefect's flow run where there is one. job: pipeline and kind. as_of: ISO text or a step.
    query: of the source, where it is one. error: why it failed.
    """

    what: What
    at: datetime
    lineage_id: str
    job: str
    as_of: str
    read: tuple[DatasetName, ...] = ()
    written: tuple[Written, ...] = ()
    query: str | None = None
    error: str = ""


def check_openlineage() -> None:
    """Raises ConfigError where the extra is not installed."""
    if find_spec("openlineage") is None:
        raise ConfigError("tracking.openlineage needs the extra openlineage: pip install 'nightcast[openlineage]'")


def lineage_id(run_id: str, flow_run: str) -> str:
    """The UUID of a run: that of Prefect's flow run, else one that follows from the run's id."""
    return flow_run or str(uuid5(NAMESPACE_URL, f"{PRODUCER}:{run_id}"))


def emit(place: str, event: RunEvent) -> None:
    """Sends an event to a server, or appends it to a file of JSON lines. Raises whatever the client does."""
    from openlineage.client import OpenLineageClient

    OpenLineageClient(transport=_transport(place, patient=event.what != "ABORT")).emit(_told(event))


def _transport(place: str, *, patient: bool) -> Any:
    """patient: a run that is cancelled has seconds to end."""
    if not place.startswith(("http://", "https://")):
        from openlineage.client.transport.file import FileConfig, FileTransport

        return FileTransport(FileConfig(log_file_path=place, append=True))
    import os

    from openlineage.client.transport.http import HttpConfig, HttpTransport

    key = os.environ.get("OPENLINEAGE_API_KEY")  # the name that the client itself reads
    auth = {"auth": {"type": "api_key", "apiKey": key}} if key else {}
    attempts = 2 if patient else 0
    retry = {"total": attempts, "connect": attempts, "read": attempts, "backoff_factor": 0.3}
    timeout = 10.0 if patient else 3.0
    return HttpTransport(HttpConfig.from_dict({"url": place, "timeout": timeout, "retry": retry, **auth}))


def _told(event: RunEvent) -> Any:
    from openlineage.client.event_v2 import InputDataset, Job, Run, RunState
    from openlineage.client.event_v2 import RunEvent as LineageEvent

    return LineageEvent(
        eventTime=event.at.isoformat(),
        producer=PRODUCER,
        run=Run(runId=event.lineage_id, facets=_run_facets(event)),
        job=Job(namespace=NAMESPACE, name=event.job, facets=_job_facets(event)),
        eventType=RunState[event.what],
        inputs=[InputDataset(*name) for name in event.read],
        outputs=_outputs(event.written),
    )


def _run_facets(event: RunEvent) -> dict[str, Any]:
    from openlineage.client.facet_v2 import error_message_run, nominal_time_run

    facets: dict[str, Any] = {}
    if not event.as_of.lstrip("-").isdigit():
        facets["nominalTime"] = nominal_time_run.NominalTimeRunFacet(nominalStartTime=event.as_of, producer=PRODUCER)
    if event.error:
        facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(
            message=event.error, programmingLanguage="python", producer=PRODUCER
        )
    return facets


def _job_facets(event: RunEvent) -> dict[str, Any]:
    from openlineage.client.facet_v2 import job_type_job, sql_job

    kind = job_type_job.JobTypeJobFacet(
        processingType="BATCH", integration="NIGHTCAST", jobType="FLOW", producer=PRODUCER
    )
    query = {} if event.query is None else {"sql": sql_job.SQLJobFacet(query=event.query, producer=PRODUCER)}
    return {"jobType": kind, **query}


def _outputs(written: Sequence[Written]) -> list[Any]:
    from openlineage.client.event_v2 import OutputDataset
    from openlineage.client.facet_v2 import output_statistics_output_dataset as statistics
    from openlineage.client.facet_v2 import schema_dataset

    outputs = []
    for dataset in written:
        fields = [schema_dataset.SchemaDatasetFacetFields(name=name, type=kind) for name, kind in dataset.columns]
        schema: dict[str, Any] = {}
        counted: dict[str, Any] = {}
        if fields:
            schema["schema"] = schema_dataset.SchemaDatasetFacet(fields=fields, producer=PRODUCER)
        if dataset.rows is not None:
            counted["outputStatistics"] = statistics.OutputStatisticsOutputDatasetFacet(
                rowCount=dataset.rows, producer=PRODUCER
            )
        outputs.append(OutputDataset(*dataset.name, facets=schema, outputFacets=counted))
    return outputs
