"""Other libraries, in an environment of their own: nothing of them is needed to use or to test Nightcast."""
