"""A trained model: its card, weights, calibration, and the choices that were made for it."""
