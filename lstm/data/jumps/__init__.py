"""What has gone to another level overnight, and whether that is a change of unit."""
