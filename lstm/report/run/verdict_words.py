"""What a run changed, and what its gates decided, in words."""

from lstm.contestants import CHAMPION, is_baseline, method_name
from lstm.references import GateOutcome, RunKey, Verdict
from lstm.report.run.story import Story


def headline(story: Story) -> tuple[str, str]:
    """(`good`, `kept` or `bad`, and a few words): what this run changed, and which sinks got nothing of it."""
    tone, state = _change(story)
    missing = [receipt.sink for receipt in story.receipts if not receipt.delivered]
    return ("bad", f"{state}, and nothing came to {', '.join(missing)}") if missing else (tone, state)


def _change(story: Story) -> tuple[str, str]:
    verdict = story.verdict
    if story.key.dry:
        return "kept", "Dry run, nothing was published"
    if verdict.failed_step is not None:
        return "bad", f"{verdict.failed_step} failed"
    if verdict.promote and is_baseline(verdict.serve):
        return "bad", f"the {method_name(verdict.serve)} takes the place of v{verdict.champion_version}"
    if verdict.promote:
        champion = f"v{verdict.promoted_version} is the new champion"
        return ("kept", f"{champion}, with a fault") if verdict.fault else ("good", champion)
    if verdict.serve == CHAMPION:
        return "kept", f"v{verdict.champion_version} stays champion"
    return "kept", f"no champion: the {method_name(verdict.serve)} serves"


def verdict_sentence(verdict: Verdict, key: RunKey) -> str:
    """The verdict's sentence; of a dry run, what it would have been."""
    return f"In a real run: {verdict.sentence}" if key.dry else verdict.sentence


def outcome(gate: GateOutcome) -> str:
    """The outcome of a gate in words."""
    return {True: "passed", False: "failed", None: "not applicable"}[gate.passed]


def ordered_gates(story: Story) -> list[tuple[GateOutcome, str]]:
    """(what a gate found, its name and segment): those that failed first, then in their order."""
    ordered = sorted(story.verdict.gates, key=lambda gate: gate.passed is not False)
    return [(gate, f"{gate.name} ({gate.segment})" if gate.segment else gate.name) for gate in ordered]
