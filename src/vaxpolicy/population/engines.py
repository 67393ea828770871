"""The decision as a function for engines that map over Arrow batches: Spark, Ray, Dask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from vaxpolicy._values import front_door
from vaxpolicy.population.decisions import BadRow, BadRowError, Decider

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from vaxpolicy.eligibility import Policy

__all__ = ["SPARK_SCHEMA", "ArrowFunction", "arrow_function"]

SPARK_SCHEMA: Final = (
    "key string, outcome string,"
    " offers array<struct<rule_id: string, vaccine: string, dose: int,"
    " first_day: date, last_day: date, days: int>>,"
    " reason string, missing array<string>"
)
"""The columns of decisions in Spark's words, for the second argument of `mapInArrow`."""


class ArrowFunction:
    """Decides for the people in its argument.

    It can be pickled, so that an engine can send it to workers. For a table or a record batch, it
    returns the same type. For an iterator of batches, as in Spark, it returns an iterator of
    batches.
    """

    def __init__(
        self,
        policy: Policy,
        from_day: date | None = None,
        *,
        keep: Sequence[str] = (),
        stop_at_bad_rows: bool = False,
    ) -> None:
        self.policy: Policy = policy
        self.from_day: date | None = from_day
        self.keep: tuple[str, ...] = tuple(keep)
        self.stop_at_bad_rows: bool = stop_at_bad_rows
        self._decider: tuple[Any, Decider] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without the kept answers; each worker collects its own."""
        arguments = self.policy, self.from_day, self.keep, self.stop_at_bad_rows
        return _made, arguments

    def __call__(self, data: Any) -> Any:
        """The decisions for a table, a batch, or each batch of an iterator."""
        if isinstance(data, pa.Table):
            decider = self._decider_of(data.schema)
            batches = [self._decided(decider, batch) for batch in data.to_batches()]
            return pa.Table.from_batches(batches, decider.schema)
        if isinstance(data, pa.RecordBatch):
            return self._decided(self._decider_of(data.schema), data)
        return self._each(data)

    def _each(self, batches: Iterable[Any]) -> Iterator[Any]:
        for batch in batches:
            yield self._decided(self._decider_of(batch.schema), batch)

    def _decider_of(self, schema: Any) -> Decider:
        if self._decider is None or not self._decider[0].equals(schema):
            made = Decider(self.policy, schema, from_day=self.from_day, keep=self.keep)
            self._decider = schema, made
        return self._decider[1]

    def _decided(self, decider: Decider, batch: Any) -> Any:
        return decider.decide(batch, _stop if self.stop_at_bad_rows else None)


def _made(
    policy: Policy, from_day: date | None, keep: tuple[str, ...], stop: bool
) -> ArrowFunction:
    return ArrowFunction(policy, from_day, keep=keep, stop_at_bad_rows=stop)


def _stop(row: int, code: str) -> None:
    raise BadRowError(BadRow(row, code))


@front_door
def arrow_function(
    policy: Policy,
    from_day: date | None = None,
    *,
    keep: Sequence[str] = (),
    stop_at_bad_rows: bool = False,
) -> ArrowFunction:
    """Make the decision under a policy a function of Arrow batches.

    For Spark: ``people.mapInArrow(arrow_function(policy), SPARK_SCHEMA)``. For Ray Data:
    ``people.map_batches(arrow_function(policy), batch_format="pyarrow")``. `keep` names the columns
    to pass through; they come after those of the decision. An unreadable row is kept with the code
    of its problem, or raises `BadRowError`, whose number counts from the start of the batch.
    """
    return ArrowFunction(policy, from_day, keep=keep, stop_at_bad_rows=stop_at_bad_rows)
