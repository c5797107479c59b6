"""The deployment of the form for a run by hand: one a work pool, which offers the pipelines that run there."""

from collections.abc import Mapping

from flows.ad_hoc_form import ad_hoc_parameters
from flows.deployments import OURS, Deployment

FLOW = "ad-hoc"


def form_of(work_pool: str, files: Mapping[str, str]) -> Deployment:
    """The form. files: pipeline file by pipeline, where the workers find them."""
    parameters, schema = ad_hoc_parameters(files)
    names = ", ".join(f"**{name}**" for name in sorted(files))
    return Deployment(
        flow=FLOW,
        name=work_pool,
        entrypoint="flows.ad_hoc.ad_hoc",
        work_pool=work_pool,
        # Not a pipeline's queue: who tries something out does not keep the nightly run waiting.
        queue=FLOW,
        at_a_time=None,
        tags=(OURS, f"kind:{FLOW}"),
        parameters=parameters,
        description=f"A run by hand of {names}: as of any moment, with changed settings, or dry.\n",
        schema=schema,
    )
