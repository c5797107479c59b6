"""Train, and show its epochs in the Prefect UI while they come."""

from prefect import task

from lstm.references import ModelRef, PanelRef, WindowsRef
from lstm.steps.job import Job
from lstm.steps.train import train as train_step
from tasks.retrying import RETRYING
from tasks.training_progress import shown_in_prefect


@task(name="train", task_run_name="train", **RETRYING)
def train(job: Job, panel_ref: PanelRef, windows_ref: WindowsRef) -> ModelRef:
    """Writes `model/`: weights, card and history. Goes on from the checkpoints of a run that was killed."""
    with shown_in_prefect(job) as on_epoch:
        return train_step(job, panel_ref, windows_ref, on_epoch)
