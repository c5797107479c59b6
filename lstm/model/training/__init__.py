"""The training loop: epochs, learning rate, early stopping, checkpoints, deadline."""
