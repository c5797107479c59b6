"""The rules that a challenger must pass, and the verdict."""
