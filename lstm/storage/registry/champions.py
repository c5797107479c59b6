"""Who serves a pipeline, who did, and changing that by a person's word."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, select

from lstm.errors import ModelError, StoreError
from lstm.references import Champion, Contract
from lstm.storage.registry.models import RegisteredModel, registered_model
from lstm.storage.registry.promotions import Promotion, champion_version, promote, promotions_of
from lstm.storage.sql.connections import transaction
from lstm.storage.store.database import write_transaction
from lstm.storage.store.schema import models, pipelines

Check = Callable[[RegisteredModel], object]


@dataclass(frozen=True)
class Champions:
    """The champions of a store database, today's and those before."""

    engine: Engine

    def champion(self, pipeline_name: str) -> Champion | None:
        """The model that serves now."""
        with transaction(self.engine) as connection:
            return _champion(connection, pipeline_name, champion_version(connection, pipeline_name))

    def promotions(self, pipeline_name: str) -> list[Promotion]:
        """Every change of champion, newest first."""
        with transaction(self.engine) as connection:
            return promotions_of(connection, pipeline_name)

    def champions_between(self, pipeline_name: str, start: datetime, end: datetime) -> list[Promotion]:
        """The changes that made whoever served from `start` to `end`, both included, oldest first."""
        up_to = [change for change in reversed(self.promotions(pipeline_name)) if change.promoted_at <= end]
        within = [change for change in up_to if change.promoted_at > start]
        return [*up_to[: len(up_to) - len(within)][-1:], *within]

    def agreed_contract(self, pipeline_name: str) -> Contract | None:
        """The contract of the pipeline's latest publication that decided something; None before the first."""
        with transaction(self.engine) as connection:
            text = connection.scalar(select(pipelines.c.contract).where(pipelines.c.name == pipeline_name))
        return Contract.model_validate_json(text) if text is not None else None

    def set_champion(
        self,
        pipeline_name: str,
        version: int,
        *,
        who: str,
        why: str,
        now: datetime,
        contract: Contract | None = None,
        check: Check | None = None,
    ) -> Champion:
        """Makes a version champion by a person's word; one that is champion already stays so.

        contract: the pipeline's; a version of another one is refused. check: raises when the version cannot serve; it
        is asked while nobody else can promote or prune. Raises StoreError for an unknown version, ConfigError without a
        reason, ModelError for another contract.
        """
        with write_transaction(self.engine, pipeline_name) as connection:
            model = registered_model(connection, pipeline_name, version)
            _check_contract(model, contract)
            if check is not None:
                check(model)
            promote(connection, pipeline_name, version, run_id=None, who=who, why=why, now=now)
            champion = _champion(connection, pipeline_name, version)
        assert champion is not None
        return champion

    def rollback_target(self, pipeline_name: str) -> int:
        """The version that served before the champion, a baseline's too. Those rolled back from do not count.

        Raises StoreError when there is none.
        """
        served: list[int | None] = []
        for promotion in reversed(self.promotions(pipeline_name)):
            # Going back to a version leaves what came after it behind.
            if promotion.version in served:
                del served[served.index(promotion.version) :]
            served.append(promotion.version)
        before = [version for version in served[:-1] if version is not None]
        if not before:
            with transaction(self.engine) as connection:
                query = select(models.c.version).where(models.c.pipeline == pipeline_name)
                versions = connection.scalars(query.order_by(models.c.version.desc())).all()
            raise StoreError(
                f"no version of {pipeline_name} served before the champion "
                f"(there are: {', '.join(f'v{version}' for version in versions) or 'none'}); "
                "name one: nightcast models promote PIPELINE.toml VERSION --why REASON"
            )
        return before[-1]


def _check_contract(model: RegisteredModel, contract: Contract | None) -> None:
    differences = contract.differences(model.contract) if contract is not None else []
    if differences:
        raise ModelError(
            f"{model.label} has another contract than the pipeline ({'; '.join(differences)}), so it could serve "
            "nothing; change the pipeline file back, or let the next run train for the new contract"
        )


def _champion(connection: Connection, pipeline_name: str, version: int | None) -> Champion | None:
    if version is None:
        return None
    model = registered_model(connection, pipeline_name, version)
    return Champion.model_validate(model.model_dump(include=set(Champion.model_fields)))
