"""Future covariates as they might be: changes that a person names, and plans."""
