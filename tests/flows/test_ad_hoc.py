"""Runs by hand: the form's flow, overrides and dry runs, on a real server and store."""
