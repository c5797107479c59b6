"""What a run does, a module a step, in plain Python: whatever a step needs of the outside is handed in.

`lstm.steps.night.night` takes all of them in order; the tasks of Prefect are wrapped around each.
"""
