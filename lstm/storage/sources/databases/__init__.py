"""Databases as a source: streams of rows, typed by what each driver sends."""
