"""``vaxpolicy record``: makes decision records and checks them.

A file has one record on each line; each line ends with a line feed. A chain grows at its end.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import click

from vaxpolicy.cli.escapes import escaped, without_numbers
from vaxpolicy.cli.output import console, json_option, labelled, print_json, styled
from vaxpolicy.cli.parameters import DAY, DIGEST, INSTANT, POLICY
from vaxpolicy.cli.person import lang_option, load_policies, person_of, person_options
from vaxpolicy.days import TAIWAN
from vaxpolicy.messages import describe_difference, words
from vaxpolicy.record import Difference, RecordError, make, read, verify, verify_chain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

    from vaxpolicy.record import Record

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_RECORDS: Final = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)


_EXAMPLE: Final = """\b
Example:
  vaxpolicy record verify records.jsonl"""


@click.group("record", epilog=_EXAMPLE)
def record_group() -> None:
    """Make and check records of decisions."""


def _key(path: Path, loader: str, option: str, **more: Any) -> Any:
    """An Ed25519 key in a PEM file, by one of the loaders of ``cryptography``."""
    try:
        from cryptography.hazmat.primitives import (  # noqa: PLC0415 - of an extra
            serialization,
        )
        from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415 - the same
    except ModuleNotFoundError:
        raise click.UsageError(f"{option} needs: pip install 'vaxpolicy[records]'") from None
    try:
        key = getattr(serialization, loader)(path.read_bytes(), **more)
    except (ValueError, TypeError) as error:
        raise click.BadParameter(f"{path}: {error}", param_hint=f"'{option}'") from None
    if not isinstance(key, ed25519.Ed25519PublicKey | ed25519.Ed25519PrivateKey):
        raise click.BadParameter(f"{path}: expected an Ed25519 key", param_hint=f"'{option}'")
    return key


_MAKE_EXAMPLE: Final = """\b
Example, with a pseudonym in $WHO:
  vaxpolicy record make -p tw/covid19-1922/round-19 --subject "$WHO" --at 2022-01-15T14:00 \\
    --born 1990-01-01 --dose AZ@2021-07-01 --dose AZ@2021-10-28 >> records.jsonl"""


@record_group.command(
    "make", short_help="Decide for one person and print the record.", epilog=_MAKE_EXAMPLE
)
@click.option(
    "--policy",
    "-p",
    required=True,
    type=POLICY,
    metavar="ID|FILE.toml",
    help="A bundled policy or a file.",
)
@click.option(
    "--subject",
    metavar="PSEUDONYM",
    help="The person's keyed pseudonym, 64 hexadecimal digits; or as `key` in FILE.json.",
)
@click.option(
    "--at", type=INSTANT, required=True, help="The instant of the decision (Taiwan's time)."
)
@person_options
@click.option(
    "--from-day",
    type=DAY,
    metavar="DAY",
    help="Count only the days from this one on. Without: from the day of --at.",
)
@click.option(
    "--follows", type=_FILE, metavar="FILE", help="Records; the new one follows their last one."
)
@click.option("--sign-with", type=_FILE, metavar="KEY.pem", help="An Ed25519 private key.")
@json_option
def make_command(
    *,
    policy: str,
    subject: str | None,
    at: datetime,
    from_day: date | None,
    follows: Path | None,
    sign_with: Path | None,
    as_json: bool,
    person: Path | None,
    **facts: Any,
) -> None:
    """Decide for one person and print the record, one line of canonical JSON.

    A fact that you leave out is unknown. Facts that the policy does not read are not recorded. The
    record states the first day that counts.
    """
    del as_json  # a record is nothing else
    (asked,) = load_policies((policy,))
    known = person_of(person, facts, (asked,))
    key: Ed25519PrivateKey | None = (
        _key(sign_with, "load_pem_private_key", "--sign-with", password=None) if sign_with else None
    )
    before = _last(follows) if follows else None
    try:
        known = known if subject is None else attrs.evolve(known, key=subject)
        made = make(
            asked,
            known,
            at=at,
            from_day=at.astimezone(TAIWAN).date() if from_day is None else from_day,
            predecessor=before,
            sign_with=key,
        )
    except ValueError as error:
        problem = str(error)
    else:
        # bytes: UTF-8 and one line feed, whatever the terminal and the system would make of it
        click.echo(made.to_json().encode() + b"\n", nl=False)
        return
    raise click.UsageError(problem)


def _last(path: Path) -> Record | None:
    lines = _lines(path)
    try:
        return read(lines[-1]) if lines else None
    except RecordError as error:
        problem = f"{path}: the last line is not a record: {error}"
    raise click.BadParameter(problem, param_hint="'--follows'")


def _lines(path: Path) -> list[bytes]:
    """The lines of a file; a last line without a line feed is kept as it is."""
    with click.open_file(str(path), "rb") as file:
        *lines, rest = file.read().split(b"\n")
    return [*lines, b"\n" + rest] if rest else lines


_VERIFY_EXAMPLES: Final = """\b
Examples:
  vaxpolicy record verify records.jsonl
  vaxpolicy record verify june.jsonl july.jsonl --head "$LAST" --public-key portal.pem"""


@record_group.command(
    "verify",
    short_help="Run recorded decisions again and show the differences.",
    epilog=_VERIFY_EXAMPLES,
)
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=_RECORDS)
@click.option(
    "--policy",
    "-p",
    "policies",
    type=POLICY,
    multiple=True,
    metavar="FILE.toml",
    help="A policy that is not bundled; repeat for more.",
)
@click.option("--public-key", type=_FILE, metavar="KEY.pem", help="Whose signature is asked for.")
@click.option(
    "--after", type=DIGEST, metavar="DIGEST", help="Digest of the record before the first one."
)
@click.option(
    "--head", type=DIGEST, metavar="DIGEST", help="Digest of the last one, as kept elsewhere."
)
@lang_option
@json_option
@click.pass_context
def verify_command(
    context: click.Context,
    /,
    *,
    paths: tuple[Path, ...],
    policies: tuple[str, ...],
    public_key: Path | None,
    after: str | None,
    head: str | None,
    lang: str,
    as_json: bool,
) -> None:
    """Run recorded decisions again and show every difference, also in the links between records.

    The files are read in the given order. They are one chain if a record names its predecessor, or
    if --after or --head is given. Exit code: 0 no difference, 1 a difference, 2 a wrong call.
    """
    places = [(path, line) for path in paths for line in enumerate(_lines(path), 1)]
    texts = [text for _, (_, text) in places]
    if not texts:
        raise click.UsageError(f"no record in {', '.join(map(str, paths))}")
    key: Ed25519PublicKey | None = (
        _key(public_key, "load_pem_public_key", "--public-key") if public_key else None
    )
    own = load_policies(policies) if policies else []
    if after or head or any(map(_is_linked, texts)):
        found = verify_chain(texts, policies=own, public_key=key, after=after, head=head)
    else:
        found = tuple(
            attrs.evolve(difference, position=position)
            for position, text in enumerate(texts)
            for difference in verify(text, policies=own, public_key=key)
        )
    where = [without_numbers(f"{path}:{number}") for path, (number, _) in places]
    (_print_json if as_json else _print)(found, where, lang)
    context.exit(1 if found else 0)


def _is_linked(text: bytes) -> bool:
    try:
        return read(text).predecessor is not None
    except RecordError:
        return False


def _print(found: Sequence[Difference], where: list[str], lang: str) -> None:
    out, say = console(), words(lang)
    for it in found:
        place = say("command-line/chain") if it.position is None else where[it.position]
        out.print(labelled(styled("red", place), escaped(_text(it, lang)), say))
    wrong = len({it.position for it in found if it.position is not None})
    out.print(escaped(say("command-line/records-summary", records=len(where), wrong=wrong)))


def _print_json(found: Sequence[Difference], where: list[str], lang: str) -> None:
    differences = [
        {
            "where": None if it.position is None else where[it.position],
            **attrs.asdict(it),
            "text": _text(it, lang),
        }
        for it in found
    ]
    print_json({"records": len(where), "differences": differences})


def _text(it: Difference, lang: str) -> str:
    return describe_difference(attrs.evolve(it, position=None), lang)
