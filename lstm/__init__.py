"""The shared forecasting library of Nightcast: data, model, evaluation, storage and report. Knows no Prefect."""
