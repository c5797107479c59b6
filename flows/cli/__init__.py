"""The command `nightcast`: its commands, and what they print. Light: what a command needs is imported when it runs."""


def main() -> None:
    """Runs the command line."""
    from flows.cli.app import main as run_app

    run_app()
