"""Conditions on groups, and on the counties where people live or are registered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from attrs import frozen

from vaxpolicy._values import SOME, checked
from vaxpolicy.rules.conditions.base import (
    EVERY_DAY,
    NO_DAY,
    NOT_KNOWN,
    AllOf,
    AnyCondition,
    AnyOf,
    Condition,
    Context,
    Edges,
    PolicyError,
    Question,
    Span,
)
from vaxpolicy.rules.conditions.facts import Facts, implies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@frozen(field_transformer=checked)
class InGroup(Condition):
    """A member of a group: list version, number and part, or a status that a portal knows."""

    fact = "groups"
    code = "not-in-group"
    code_negated = "in-excluded-group"

    group: str

    def spelled_out(self, context: Context) -> AnyCondition:
        """The band beside the list, if the group or a part of it is an age band."""
        bands = [
            AllOf(tuple(InBand(part, age) for age in ages))
            for part, ages in context.bands.items()
            if implies(part, self.group)
        ]
        if self.group in context.bands:
            return bands[0]
        return AnyOf((InList(self.group), *bands)) if bands else self

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """Every day or none."""
        group = self.group

        def span(facts: Facts) -> Span:
            member = facts.member(group)
            return NOT_KNOWN if member is None else EVERY_DAY if member else NO_DAY

        return span

    def item(self, context: Context) -> str:
        """The group."""
        return self.group

    def open_questions(self, facts: Facts, context: Context) -> Iterator[Question]:
        """The membership in the group, or in a part of it."""
        for part in facts.open_parts(self.group):
            yield Question("groups", part)


@frozen(field_transformer=checked)
class InList(InGroup):
    """A member according to the list, whatever the age."""

    @property
    def as_written(self) -> InGroup:
        """The group."""
        return InGroup(self.group)

    def spelled_out(self, context: Context) -> AnyCondition:
        """The condition itself."""
        return self


@frozen(field_transformer=checked)
class InAnyGroup(Condition):
    """A member of at least one of these groups; none of them is an age band."""

    fact = "groups"
    code = "not-in-group"
    code_negated = "in-excluded-group"

    any_group: Annotated[tuple[str, ...], SOME]

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """Every day or none."""
        groups = self.any_group
        for band in context.bands:
            if any(implies(band, group) for group in groups):
                raise PolicyError(f"any_group: {band} is an age band; write any and group")

        every = frozenset(groups)

        def span(facts: Facts) -> Span:
            if not every.isdisjoint(facts.groups):
                return EVERY_DAY
            # sets at once: one group after the other would take too long where there are many
            open_ = facts.open_groups and every if facts.groups_closed else every - facts.not_groups
            is_open = any(facts.member(group) is None for group in open_)
            return NOT_KNOWN if is_open else NO_DAY

        return span

    def open_questions(self, facts: Facts, context: Context) -> Iterator[Question]:
        """The unknown memberships."""
        for group in self.any_group:
            if facts.member(group) is None:
                for part in facts.open_parts(group):
                    yield Question("groups", part)


@frozen(field_transformer=checked)
class InBand(Condition):
    """One bound of a group that consists of an age band; it follows from the birth date."""

    fact = "birth_date"
    code = "not-in-group"
    code_negated = "in-excluded-group"

    setting: ClassVar[tuple[str, ...]] = ("first", "last", "days_stated", "last_stated")

    group: str
    age: Condition

    @property
    def as_written(self) -> InGroup:
        """The group."""
        return InGroup(self.group)

    @property
    def reads(self) -> frozenset[str]:
        """The groups, and the facts that the age reads."""
        return frozenset({self.fact}) | self.age.reads

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """The days of the age."""
        return self.age.bind(context)

    def open_questions(self, facts: Facts, context: Context) -> Iterator[Question]:
        """Those of the age."""
        return self.age.open_questions(facts, context)

    def edges(self, context: Context) -> Edges:
        """Those of the age."""
        return self.age.edges(context)

    def opening_answers(self, context: Context) -> Mapping[Question, int]:
        """Those of the age."""
        return self.age.opening_answers(context)


@frozen(field_transformer=checked)
class _InCounty(Condition):
    code = "not-in-county"
    code_negated = "in-excluded-county"
    place: ClassVar[int]

    @property
    def counties(self) -> tuple[str, ...]:
        raise NotImplementedError

    def bind(self, context: Context) -> Callable[[Facts], Span]:
        """Every day or none."""
        place, counties = self.place, frozenset(self.counties)

        def span(facts: Facts) -> Span:
            county = facts.counties[place]
            return NOT_KNOWN if county is None else EVERY_DAY if county in counties else NO_DAY

        return span

    def open_questions(self, facts: Facts, context: Context) -> Iterator[Question]:
        """The county."""
        yield Question(self.fact)

    def edges(self, context: Context) -> Edges:
        """The counties that it names."""
        return Edges(counties=frozenset(self.counties))


@frozen(field_transformer=checked)
class RegisteredIn(_InCounty):
    """Household registration in one of these counties and cities."""

    fact = "registered_county"
    place = 0

    registered_in: Annotated[tuple[str, ...], SOME]

    @property
    def counties(self) -> tuple[str, ...]:
        """The counties."""
        return self.registered_in


@frozen(field_transformer=checked)
class ResidentIn(_InCounty):
    """Living in one of these counties and cities."""

    fact = "residence_county"
    place = 1

    resident_in: Annotated[tuple[str, ...], SOME]

    @property
    def counties(self) -> tuple[str, ...]:
        """The counties."""
        return self.resident_in
