"""Deployments, schedules, the form and alerts, registered in a Prefect server."""
