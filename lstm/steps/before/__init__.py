"""What is asked before anything is done, by `nightcast check`, by `nightcast deploy` and by the run itself."""
