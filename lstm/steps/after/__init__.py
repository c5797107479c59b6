"""What is asked of a run that was published: what if."""
