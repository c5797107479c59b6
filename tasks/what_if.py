"""What if, as a retryable task of Prefect whose answer is an artifact in the UI."""

from prefect import task
from prefect.artifacts import create_markdown_artifact

from lstm.report.scenario.scenario_page import scenario_summary
from lstm.report.scenario.scenario_story import ScenarioStory
from lstm.steps.after.what_if import Assumptions
from lstm.steps.after.what_if import what_if as what_if_step
from lstm.steps.job import SecretBlocks
from tasks.ray_executor import open_executor
from tasks.report import artifact_key
from tasks.retrying import RETRYING, asking_once


@task(name="what-if", task_run_name="what-if", **RETRYING)
def what_if(pipeline_file: str, assumptions: Assumptions, blocks: SecretBlocks) -> ScenarioStory:
    """Forecasts with other future covariates, and shows them beside tonight's."""
    story = what_if_step(pipeline_file, assumptions, open_executor=open_executor, blocks=blocks)
    with asking_once():
        create_markdown_artifact(
            key=f"{artifact_key(story.pipeline.name)}-whatif",
            markdown=scenario_summary(story),
            description=f"what if {story.assumptions}",
        )
    return story
