"""Publish: promotion, ledger rows and pending deliveries in one transaction of the store database."""

import getpass
from datetime import UTC, datetime

from lstm.references import ForecastRef, PanelRef, Publication, Verdict
from lstm.steps.champions.usable import contract_of
from lstm.steps.job import Job
from lstm.storage.ledger.transaction import Submission
from lstm.storage.ledger.transaction import publish as publish_rows
from lstm.storage.runs.model_folder import check_servable


def publish(job: Job, panel_ref: PanelRef, verdict: Verdict, forecast_ref: ForecastRef) -> Publication:
    """Publishes what the forecast step left. Raises ChampionChangedError when the judged champion no longer serves."""
    return publish_rows(
        job.ledger(),
        Submission(
            key=job.key,
            verdict=verdict,
            contract=contract_of(job, panel_ref.frequency),
            cutoff=panel_ref.cutoff,
            rows=job.run_store().read_table("forecast.parquet"),
            sinks=tuple(sink.name for sink in job.pipeline.sinks),
            fence=job.fence,
        ),
        who=getpass.getuser(),
        now=datetime.now(UTC),
        check=lambda model: check_servable(job.runs, model),
    )
