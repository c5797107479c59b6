"""The networks: their inputs, scaling, the ridge regression that they begin from, loss, and batches."""
