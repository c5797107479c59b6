"""What other future covariates would change, as a page, as rows and in words."""
