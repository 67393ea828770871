"""The findings of the lint: their codes, and what one of them says."""

from __future__ import annotations

from typing import Annotated, Final

from attrs import frozen

from vaxpolicy._values import OneOf, Prose, Text, checked

CODES: Final = {
    "admits-nobody": "a rule that no one can satisfy",
    "age-gap": "people between two neighbouring age bands whom none of them takes in",
    "checked-too-early": "a source that was last read before the policy was announced",
    "counted-too-late": "vaccination days before the day from which doses count",
    "covered": "a rule that offers nothing that another one does not offer",
    "days-before-announcement": "vaccination days before the announcement",
    "explains-nothing": "an explanation for a finding that does not exist",
    "named-twice": "the same name twice in one list",
    "never-in-force": "a version that is replaced before it is announced",
    "not-an-address": "an address of a source that is not an address",
    "outside-windows": "people whom a rule admits and no booking window does",
    "overlapping-versions": "two versions of one thing in force on the same day",
    "printed-refuted": "a printed bound that the rule does not give",
    "review-due": "a policy that should have been looked at again",
    "rule-uncited": "a rule that cites no source",
    "rule-without-window": "a rule that nobody can book, though the programme has booking",
    "source-unused": "a source that nothing cites",
    "unknown-county": "a county or city that does not exist",
    "unknown-disease": "a disease against which there is no vaccine",
    "unknown-fact": "a dated fact that is on no list",
    "unknown-group": "a group that is on no list",
    "unknown-vaccine": "a vaccine that is not known, or against another disease",
    "version-taken": "an id and version that other content has already",
    "window-never-open": "a booking window that closes before it opens",
    "window-too-early": "a booking window that opens a year or more before the vaccination days",
    "window-too-late": "a booking window that opens after the last vaccination day",
    "window-without-rule": "a booking window in which nobody can book anything",
}
"""Every code that a `Finding` can carry, and what it means."""


@frozen(field_transformer=checked)
class Spot:
    """The part of a policy file that a finding is about. A field that is empty does not apply.

    Attributes:
        stage: the stage.
        rule: the rule.
        window: the number of the booking window in its stage, from 1 on.
        source: the key of the source.
        vaccine: the code of the vaccine.
        table: the table at the top of the file, such as ``explained`` or ``minimums``.
        number: the number of the entry in that table, from 1 on.
        key: the key whose value is wrong.
        value: the value, where a list holds it among others.
    """

    stage: Text = ""
    rule: Text = ""
    window: int | None = None
    source: Text = ""
    vaccine: Text = ""
    table: Text = ""
    number: int | None = None
    key: Text = ""
    value: Text = ""


@frozen(field_transformer=checked)
class Finding:
    """A fault of a policy, or something that looks like one and that its file explains.

    Attributes:
        code: the kind of finding; one of `CODES`.
        where: the place by which a waiver names it: the rule, with its vaccine, group or county
            where only that one is concerned; two rules as ``a|b``; ``stage/windows/2`` for a
            window; ``sources/key`` for a source; ``vaccines/code/name`` for a name in a licence;
            ``minimums/2/name`` for one in a table; or a key of the policy.
        text: what was found, in English, with the nearest names for one that does not exist.
        explained: the reason that the file gives for it; "" where it gives none: an error.
        spot: the rule, stage, window or source, and the key.
        near: the names that may have been meant.
        line: the line in the file's text; None where the text was not given.
    """

    code: Annotated[str, OneOf(tuple(CODES))]
    where: Prose
    text: Text
    explained: Text = ""
    spot: Spot = Spot()
    near: tuple[Prose, ...] = ()
    line: int | None = None
