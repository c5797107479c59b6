"""The commands that ask something of a run that was published: why, explain, whatif."""
