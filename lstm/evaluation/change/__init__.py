"""Why tonight's forecast is not last night's."""
