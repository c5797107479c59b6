"""The table of explanations in the store database."""
