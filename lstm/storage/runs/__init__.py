"""The folders of runs, and the models in them."""
