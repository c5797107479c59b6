"""What goes into exported folders as it is: none of it imports Nightcast."""
