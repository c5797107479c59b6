"""The trials of a tuning: a study of Optuna in an SQLite file of its own, in the folder of the run.

The file belongs to whoever holds the lease of the run. That lease has the heartbeat: a trial that is still called
running when another process comes to hold it was lost with the process before, and is the first one to be done again,
from its last checkpoint.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from lstm.errors import ConfigError, StoreError
from lstm.evaluation.tuning.pruning import Losses
from lstm.evaluation.tuning.space import Dimension, Values
from lstm.evaluation.tuning.trial import Trial, TrialScore
from lstm.storage.sql.fence import Fence

STARTUP_TRIALS = 10  # drawn by chance, before the sampler learns from them
TELLING, BEST = 20, 0.25  # trials from which on the importance of keys is told, by what the best of them share
VALUES, SCORE, STOPPED, WHY, SECONDS = "values", "score", "stopped", "why", "seconds"


@dataclass(frozen=True)
class TrialRow:
    """A trial as it is kept. score: None where there is none (yet). stopped: why before its end; empty where not.

    failure: why it came to nothing; empty where it did not. losses: by epoch, 0 for the start.
    """

    number: int
    values: Values
    score: TrialScore | None
    losses: Losses
    stopped: str = ""
    failure: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more is to be done for it."""
        return self.score is not None or bool(self.failure)


class Trials:
    """The trials of one tuning. path: of the SQLite file. mark: of what trials read and draw from; another is another
    study. fence: is asked before anything is written. Raises ConfigError where Optuna is not installed.
    """

    def __init__(self, path: Path, mark: str, seed: int, fence: Fence) -> None:
        try:
            import optuna
        except ModuleNotFoundError:
            raise ConfigError('tuning needs Optuna: pip install "nightcast[tuning]"') from None
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._optuna, self._seed, self._fence, self._path = optuna, seed, fence, path
        fence.check()
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._told():
            self._storage = optuna.storages.RDBStorage(f"sqlite:///{path}")
            self._study = optuna.create_study(storage=self._storage, study_name=mark, load_if_exists=True)

    def close(self) -> None:
        """Lets go of the file."""
        self._storage.remove_session()
        self._storage.engine.dispose()

    def rows(self) -> list[TrialRow]:
        """All trials, in the order of their numbers."""
        with self._told():
            return [_row(trial) for trial in self._begun()]

    def _begun(self) -> list[Any]:
        """Trials that have a number: not one that waits for it, which a process that was killed may have left."""
        waiting = self._optuna.trial.TrialState.WAITING
        return [trial for trial in self._study.get_trials(deepcopy=False) if trial.state != waiting]

    def ask(self, space: Sequence[Dimension], current: Values) -> Trial:
        """A new trial. current: what the file says; it is the first trial, as far as the space holds it.

        What is drawn follows from the seed, the trial's number and the trials before it, so that a search which was
        interrupted goes on as it would have.
        """
        with self._writing():
            number = len(self._begun())
            self._study.sampler = self._optuna.samplers.TPESampler(
                seed=self._seed * 100_003 + number, n_startup_trials=STARTUP_TRIALS, constant_liar=True
            )
            if not self._study.get_trials(deepcopy=False):
                self._study.enqueue_trial({part.name: current[part.name] for part in _holding(space, current)})
            asked = self._study.ask()
            if number == 0:
                for part in _holding(space, current):
                    part.drawn(asked)
                values = current
            else:
                values = {part.name: part.drawn(asked) for part in space}
            asked.set_user_attr(VALUES, values)
        return Trial(asked.number, values)

    def interrupted(self, current: Values) -> list[Trial]:
        """The trials that a process which is gone has begun, and not ended; one that it had hardly asked for fails."""
        trials = []
        for row in self.rows():
            if not row.ended and (row.values or row.number == 0):
                trials.append(Trial(row.number, row.values or current))
            elif not row.ended:
                self.fail(row.number, "its process ended before it had a setting")
        return trials

    def report(self, number: int, epoch: int, loss: float) -> None:
        """Keeps the validation loss of an epoch; 0 is the start. One that is known already stays."""
        with self._writing():
            storage, trial = self._study._storage, self._trial(number)
            if epoch not in trial.intermediate_values:
                storage.set_trial_intermediate_value(trial._trial_id, epoch, loss)

    def score(self, number: int, score: TrialScore, stopped: str = "") -> None:
        """Ends a trial with its score. stopped: why it ended before its end."""
        with self._writing():
            self._attribute(number, SCORE, asdict(score))
            self._attribute(number, STOPPED, stopped)
            self._study.tell(number, score.objective)

    def fail(self, number: int, why: str) -> None:
        """Ends a trial that came to nothing."""
        with self._writing():
            self._attribute(number, WHY, why)
            self._study.tell(number, state=self._optuna.trial.TrialState.FAIL)

    @property
    def seconds(self) -> float:
        """How long was searched, over all processes that took part."""
        with self._told():
            return float(self._study.user_attrs.get(SECONDS, 0.0))

    def spend(self, seconds: float) -> None:
        """Keeps how long was searched."""
        with self._writing():
            self._study.set_user_attr(SECONDS, seconds)

    def importance(self) -> dict[str, float]:
        """The share of each key in how trials differ, largest first (PED-ANOVA); empty where too few differ.

        Watanabe, Bansal and Hutter (2023), "PED-ANOVA", arXiv:2304.10255.
        """
        from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

        with self._told():
            trials = [trial for trial in self._study.get_trials(deepcopy=False) if trial.value is not None]
            names = sorted({name for trial in trials for name in trial.params})
            shown = [name for name in names if len({repr(trial.params.get(name)) for trial in trials}) > 1]
            if len(trials) < TELLING or not shown:
                return {}
            evaluator = PedAnovaImportanceEvaluator(target_quantile=BEST)
            return dict(get_param_importances(self._study, evaluator=evaluator, params=shown))

    def _trial(self, number: int) -> Any:
        return self._study.get_trials(deepcopy=False)[number]

    def _attribute(self, number: int, name: str, value: object) -> None:
        self._study._storage.set_trial_user_attr(self._trial(number)._trial_id, name, value)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._fence.check()
        with self._told():
            yield

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Raises StoreError where the file cannot be read or written."""
        try:
            yield
        except (SQLAlchemyError, self._optuna.exceptions.StorageInternalError) as error:
            cause = error.__cause__ or error
            raise StoreError(
                f"the trials in {self._path} cannot be read or written ({str(cause).splitlines()[0]}); mend the disk, "
                "or remove that file to begin anew"
            ) from error


def _holding(space: Sequence[Dimension], current: Values) -> list[Dimension]:
    return [part for part in space if part.holds(current[part.name])]


def _row(trial: Any) -> TrialRow:
    attributes: Mapping[str, Any] = trial.user_attrs
    score = attributes.get(SCORE) if trial.state.name == "COMPLETE" else None
    return TrialRow(
        number=trial.number,
        values=dict(attributes.get(VALUES, {})),
        score=TrialScore(**score) if score is not None else None,
        losses=dict(trial.intermediate_values),
        stopped=str(attributes.get(STOPPED, "")),
        failure=str(attributes.get(WHY, "")) or "no reason was kept" if trial.state.name == "FAIL" else "",
    )
