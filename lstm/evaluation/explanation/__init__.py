"""What moves a forecast away from what is usual: exact Shapley values of groups of inputs."""
