"""Deliveries of forecasts into tables and files of the user's."""
