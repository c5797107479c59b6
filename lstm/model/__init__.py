"""The network, its training, and the methods that need none."""
