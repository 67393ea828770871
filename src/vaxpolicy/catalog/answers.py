"""Decides under several policies, and finds the sources of an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vaxpolicy._values import front_door
from vaxpolicy.catalog.bundled import ids, load, vaccine_sources, vaccines
from vaxpolicy.eligibility import Decision, Offer, Reason, decide

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from vaxpolicy.rules.people import Person
    from vaxpolicy.rules.policy import Policy, Source, Window


@front_door
def cited_sources(policy: Policy, part: Offer | Reason | Window) -> dict[str, Source]:
    """The sources of an offer, a reason or a booking window of the policy, by key.

    Licences have the sources of the bundled vaccines; their keys begin with ``vaccines/``.
    """
    if isinstance(part, Reason) and part.basis == "licence" and part.vaccine in vaccines():
        return {f"vaccines/{key}": vaccine_sources()[key] for key in part.cites}
    return {key: policy.sources[key] for key in part.cites}


@front_door
def timeline(
    person: Person,
    policies: Iterable[str | Policy] | None = None,
    *,
    from_day: date | None = None,
) -> tuple[Decision, ...]:
    """Decide for one person under several policies, in the given order.

    Give policies, or ids of bundled policies. Without them all bundled policies are used, in the
    order of their first vaccination days. Every decision uses the same facts. Doses have days, so
    an earlier policy is still decided as it was before a later dose. With `from_day`, only the days
    from that day on count.
    """
    found = [
        load(it) if isinstance(it, str) else it
        for it in (_in_time() if policies is None else policies)
    ]
    return tuple(decide(policy, person, from_day=from_day) for policy in found)


def _in_time() -> list[Policy]:
    return sorted(
        map(load, ids()),
        key=lambda it: (min(stage.vaccination_days.first for stage in it.stages), it.id),
    )
