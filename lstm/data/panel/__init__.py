"""The panel: many series on one regular grid, its windows, its calendar, and what was known when."""
