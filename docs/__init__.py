"""The pages of the documentation, and `docs.generator`, which writes those of docs/reference from the code."""
