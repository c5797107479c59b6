"""What a person sees of a run: pictures, a page, a summary."""
