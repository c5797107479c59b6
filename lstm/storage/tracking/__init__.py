"""Runs told to others: MLflow and OpenLineage, for those who have them."""
