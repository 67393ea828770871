"""The bundled policies, vaccines and group lists, and policies of your own by path."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import attrs

from vaxpolicy._near import Hints, did_you_mean, near
from vaxpolicy._values import looks_like_a_number, require_type, unchanging
from vaxpolicy.catalog.digest import digest_of, groups_named
from vaxpolicy.catalog.files import FactsFile, PolicyFileError, VaccinesFile, parse, structure
from vaxpolicy.days import require_day
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import (
    AgeBand,
    PolicyError,
)
from vaxpolicy.rules.policy import (
    FactKind,
    Group,
    GroupList,
    Policy,
    PolicyFile,
    Source,
    Vaccine,
    in_force,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from importlib.resources.abc import Traversable


class UnknownPolicyError(LookupError):
    """No bundled policy has that id, version or digest, or was in force on that day."""


_ROOT: Final = "policies"


def policies_folder() -> Traversable:
    """The folder of the bundled policies."""
    return files("vaxpolicy") / _ROOT


@cache
def vaccines_file() -> VaccinesFile:
    """The file of the bundled vaccines, with their sources."""
    file = "vaccines.toml"
    found = structure(parse((policies_folder() / file).read_bytes(), file), VaccinesFile, file)
    cited = [
        (vaccine.code, cites)
        for vaccine in found.vaccines
        for cites in (
            *(licence.cites for licence in vaccine.licences),
            *(interval.cites for interval in vaccine.intervals),
            *(first.cites for first in (vaccine.first_given,) if first is not None),
        )
    ]
    if problems := tuple(citation_problems(cited, found.sources)):
        raise PolicyFileError(file, problems)
    return found


@cache
def vaccines() -> Mapping[str, Vaccine]:
    """All vaccines by code."""
    return unchanging({vaccine.code: vaccine for vaccine in vaccines_file().vaccines})


@cache
def vaccine_sources() -> Mapping[str, Source]:
    """The sources of the vaccines' licences and intervals by key."""
    return vaccines_file().sources


@cache
def group_lists() -> tuple[GroupList, ...]:
    """All versions of the lists of target groups, ordered by id; the ids of groups are complete."""
    names = sorted(entry.name for entry in (policies_folder() / "groups").iterdir())
    found = (group_list(name.removesuffix(".toml")) for name in names)
    return tuple(it for it in found if it is not None)


@cache
def group_list(list_id: str) -> GroupList | None:
    """The list of target groups with that id, which is also the name of its file; None if none."""
    file = f"groups/{list_id}.toml"
    entry = policies_folder() / "groups" / f"{list_id}.toml"
    if not entry.is_file():
        return None
    found = structure(parse(entry.read_bytes(), file), GroupList, file)
    cited = [(group.id, group.cites) for group in found.groups]
    if problems := tuple(citation_problems(cited, found.sources)):
        raise PolicyFileError(file, problems)
    whole = (attrs.evolve(group, id=f"{found.id}/{group.id}") for group in found.groups)
    return attrs.evolve(found, groups=tuple(whole))


@cache
def groups() -> Mapping[str, Group]:
    """All groups and parts of groups by id."""
    return unchanging({group.id: group for found in group_lists() for group in found.groups})


def bundled_group(group_id: str) -> Group | None:
    """The bundled group with that id. Only its list is loaded."""
    found = group_list(_list_of(group_id))
    return next((it for it in found.groups if it.id == group_id), None) if found else None


def age_bands(named: Iterable[str]) -> dict[str, AgeBand]:
    """The age bands, by id, of the lists from which these groups are."""
    lists = map(group_list, sorted(set(map(_list_of, named))))
    return {
        group.id: group.ages
        for found in lists
        if found is not None
        for group in found.groups
        if group.ages is not None
    }


def _list_of(group_id: str) -> str:
    """The id of the list from which a group is."""
    return group_id.partition("/")[0]


@cache
def named_by_licences() -> frozenset[str]:
    """The groups that the licences of the bundled vaccines name."""
    return frozenset(groups_named(tuple(it.licences for it in vaccines().values())))


@cache
def dated_facts() -> Mapping[str, FactKind]:
    """All dated facts that conditions may ask for, by id."""
    file = "facts.toml"
    found = structure(parse((policies_folder() / file).read_bytes(), file), FactsFile, file)
    return unchanging({fact.id: fact for fact in found.facts})


@cache
def ids() -> tuple[str, ...]:
    """The ids of all bundled policies, in order."""
    return tuple(sorted(_walk(policies_folder(), "")))


def _walk(folder: Traversable, prefix: str) -> list[str]:
    found = []
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != "groups":
            found += _walk(entry, f"{prefix}{entry.name}/")
        elif prefix and entry.name.endswith(".toml") and "@" not in entry.name:
            found.append(prefix + entry.name.removesuffix(".toml"))
    return found


@cache
def released() -> Mapping[tuple[str, str], frozenset[str]]:
    """The digests of the bundled contents by id and version, on each day on which they changed."""
    found: dict[tuple[str, str], set[str]] = {}
    for entry in json.loads((policies_folder() / "digests.json").read_bytes()):
        found.setdefault((entry["id"], entry["version"]), set()).add(entry["digest"])
    return unchanging({key: frozenset(digests) for key, digests in found.items()})


def load(
    policy_id: str,
    *,
    version: str | None = None,
    as_of: date | None = None,
    digest: str | None = None,
) -> Policy:
    """Load a bundled policy by id: its newest version, or the given one.

    With `as_of`, the policy has only the parts that were announced by that day and not yet
    replaced. With `digest`, it is refused if it has another digest: a pin. Raises
    UnknownPolicyError.
    """
    require_type("policy_id", str, policy_id)
    if version is not None:
        require_type("version", str, version)
    if as_of is not None:
        require_day("as_of", as_of)
    if digest is not None:
        require_type("digest", str, digest)
    policy = loaded(policy_id, version, as_of)
    if digest not in {None, policy.digest}:
        raise UnknownPolicyError(
            f"{policy.id} {policy.version} has not the digest that was asked for, but"
            f" {policy.digest}: it is not the policy that was pinned"
        )
    return policy


@cache
def loaded(policy_id: str, version: str | None, as_of: date | None) -> Policy:
    """A bundled policy, which is read once."""
    if policy_id not in ids():
        meant = did_you_mean(near(policy_id, {it: it for it in ids()}))
        named = "this id" if looks_like_a_number(policy_id) else f"the id {policy_id!r}"
        raise UnknownPolicyError(f"no bundled policy has {named}{meant}")
    file = f"{policy_id}.toml"
    policy = _read(policies_folder().joinpath(*file.split("/")).read_bytes(), file, as_of)
    if version not in {None, policy.version}:
        older = policies_folder().joinpath(*f"{policy_id}@{version}.toml".split("/"))
        if not older.is_file():
            known = ", ".join(sorted({it for one, it in released() if one == policy_id}))
            named = "such version" if looks_like_a_number(version) else f"version {version!r}"
            raise UnknownPolicyError(f"{policy_id} has no {named}; there is {known}")
        policy = _read(older.read_bytes(), f"{policy_id}@{version}.toml", as_of)
    if not policy.stages:
        raise UnknownPolicyError(f"nothing of {policy_id} was in force on {as_of}")
    return policy


def _read(text: str | bytes, file: str, as_of: date | None) -> Policy:
    return policy_of(structure(parse(text, file), PolicyFile, file), file, as_of)


def policy_of(found: PolicyFile, file: str, as_of: date | None = None) -> Policy:
    """The policy of a file. Raises PolicyFileError if its parts contradict each other."""
    if problems := tuple(citation_problems(cited_parts(found), found.sources)):
        raise PolicyFileError(file, problems)
    bands = age_bands_of(found)
    return assembled(found, file, as_of, vaccines=vaccines(), bands=bands)


def age_bands_of(found: PolicyFile) -> dict[str, AgeBand]:
    """The bundled age bands of the lists whose groups a policy file or a licence names."""
    return age_bands((*groups_named(found.stages), *named_by_licences()))


def assembled(
    found: PolicyFile,
    file: str,
    as_of: date | None,
    *,
    vaccines: Mapping[str, Vaccine],
    bands: Mapping[str, AgeBand],
    own: Mapping[str, Group] | None = None,
    facts: Mapping[str, FactKind] | None = None,
) -> Policy:
    """The policy of a file, with the vaccines and age bands that its rules may name.

    `own` are the groups that the file itself brings, `facts` its dated facts.
    """
    policy = Policy(
        id=found.id,
        version=found.version,
        title=found.title,
        announced=found.announced,
        disease=found.disease,
        notification=found.notification,
        sources=found.sources,
        stages=in_force(found.stages, as_of or date.max, found.announced),
        vaccines=vaccines,
        bands=bands,
        diseases=found.diseases,
        counts_from=found.counts_from,
        minimums=found.minimums,
        spacings=found.spacings,
        verified=found.verified,
        licences_apply=found.licences_apply,
        written=found.stages,
        explained=found.explained,
        review_by=found.review_by,
        groups=own or {},
        facts=facts or {},
    )
    policy = attrs.evolve(policy, digest=digest_of(policy))
    try:
        compile_policy(policy)
    except PolicyError as error:
        problem = str(error)
    else:
        return policy
    raise PolicyFileError(file, [problem])


def cited_parts(found: PolicyFile) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each part of a policy file that has to cite its sources, with the sources it cites."""
    yield from ((f"minimums {at}", it.cites) for at, it in enumerate(found.minimums, start=1))
    yield from ((f"spacings {at}", it.cites) for at, it in enumerate(found.spacings, start=1))
    for stage in found.stages:
        if stage.cites:
            yield f"stage {stage.id}", stage.cites
        yield from ((f"stage {stage.id}, rule {rule.id}", rule.cites) for rule in stage.rules)
        windows = (window for window in stage.windows if window.cites)
        yield from ((f"stage {stage.id}, a window", window.cites) for window in windows)


def citation_problems(
    cited: Iterable[tuple[str, tuple[str, ...]]], sources: Mapping[str, Source]
) -> Iterator[str]:
    """The problems of parts that cite no source, or a source that the file does not list."""
    hints = Hints()
    for where, keys in cited:
        if not keys:
            yield f"{where}: cites no source; name at least one key of sources"
        for key in keys:
            if key not in sources:
                hint = hints.hint(key, sources)
                yield f"{where}: cites {key}, which is not under sources{hint}"
