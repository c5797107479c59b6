"""Texts and counts to times."""
