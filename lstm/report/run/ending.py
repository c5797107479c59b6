"""The page of a run that has nothing to report: what happened, what stands, and what to do; as markdown."""

from collections.abc import Sequence

from lstm.references import Outcome
from lstm.report.markup import markdown

TITLES = {
    0: "➖ **Skipped.**",
    1: "❌ **Nothing came of this run.**",
    2: "❌ **Something has to be corrected by hand.**",
}
ADVICE = {
    0: "nothing; start it by hand if it is still wanted",
    1: "look into the cause and start the run again, or press Retry: it goes on where it stopped",
    2: "correct what is named above and start the run again; nobody tries the same a second time",
}
LONGEST_LINE = 2_000


def ending_summary(name: str, outcome: Outcome, facts: Sequence[tuple[str, str]]) -> str:
    """The artifact. facts: what stands, in words; the advice is added."""
    lines = [markdown.plain(line, LONGEST_LINE) for line in outcome.sentence.splitlines() if line.strip()]
    head, rest = lines[:1], "".join(f"- {line}\n" for line in lines[1:])
    parts = [
        f"# {markdown.plain(name)}\n",
        f"{TITLES.get(outcome.exit_code, '')} {''.join(head)}\n",
        rest,
        markdown.listed([*facts, ("what to do", ADVICE.get(outcome.exit_code, ""))]),
    ]
    return "\n".join(part for part in parts if part)
