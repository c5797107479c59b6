"""What runs, in which order: the flows, and the command `nightcast`."""
