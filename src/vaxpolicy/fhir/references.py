"""Where references lead: the addresses, ids and identifiers of the resources that were read.

The rules are those of https://hl7.org/fhir/R4/bundle.html#references: a relative reference is
resolved against the server of its own entry, where the `fullUrl` of the entry names one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

_ADDRESS: Final = re.compile(r"(?:(https?://.+)/)?([A-Z][A-Za-z]+)/([^/?#]+)")
_KIND: Final = re.compile("[A-Z][A-Za-z]+")
_NOBODY: Final[frozenset[int]] = frozenset()
Key = tuple[str, str]
"""The system and the value of an identifier."""


@frozen
class Found:
    """A resource that was found in another one.

    Attributes:
        path: where.
        resource: its plain data.
        full_url: the `fullUrl` of its Bundle entry.
    """

    path: str
    resource: Mapping[Any, Any]
    full_url: str | None = None

    @property
    def kind(self) -> object:
        """Its resourceType, which may be anything."""
        return self.resource.get("resourceType")


def without_version(address: str) -> str:
    """The address of a resource, for the address of one of its versions."""
    return address.partition("/_history/")[0]


def parts(address: str | None) -> tuple[str | None, str, str] | None:
    """The server, type and id of an address; the server of a relative one is None."""
    found = _ADDRESS.fullmatch(without_version(address or ""))
    return None if found is None else (found[1], found[2], found[3])


def absolute(reference: str, holder: Found | None) -> str:
    """The reference without its version, on the server of the resource that holds it."""
    address, told = without_version(reference), parts(reference)
    home = parts(None if holder is None else holder.full_url)
    if told is None or told[0] is not None or home is None or home[0] is None:
        return address
    return f"{home[0]}/{address}"


def is_placed(resource: Found) -> bool:
    """Whether the `fullUrl` of a resource says on which server it is."""
    home = parts(resource.full_url)
    return home is not None and home[0] is not None


def kinds_of(reference: Mapping[Any, Any]) -> frozenset[str]:
    """The types of resource that a reference names, in its address and beside it."""
    address, kind = reference.get("reference"), reference.get("type")
    found = [kind.rpartition("/")[2]] if isinstance(kind, str) and kind else []
    if isinstance(address, str):
        told, (place, search, _) = parts(address), address.partition("?")
        asked = place.rpartition("/")[2]
        found += [told[1]] if told is not None else []
        found += [asked] if search and _KIND.fullmatch(asked) else []
    return frozenset(found)


def key_of(identifier: object) -> Key | None:
    """The system and the value of an identifier that has both; none of them is blank."""
    if not isinstance(identifier, Mapping):
        return None
    system, value = identifier.get("system"), identifier.get("value")
    if not isinstance(system, str) or not isinstance(value, str):
        return None
    return (system, value) if system.strip() and value.strip() else None


def keys_of(resource: Mapping[Any, Any]) -> set[Key]:
    """The identifiers of a resource."""
    listed = resource.get("identifier")
    keys = map(key_of, listed if isinstance(listed, list) else [])
    return {key for key in keys if key is not None}


def ids_of(resource: Found) -> set[str]:
    """The ids of a resource: its own, and that in the `fullUrl` of its entry."""
    own, home = resource.resource.get("id"), parts(resource.full_url)
    found = {own} if isinstance(own, str) and own else set()
    return found | {home[2]} if home is not None and home[1] == resource.kind else found


class Index:
    """Resources of one type, by each name that a reference may use; it is made once."""

    def __init__(self, kind: str, resources: Sequence[Found]) -> None:
        self.kind = kind
        self.by_address: dict[str, set[int]] = defaultdict(set)
        self.by_id: dict[str, set[int]] = defaultdict(set)
        self.without_address: dict[str, set[int]] = defaultdict(set)
        self.without_server: dict[str, set[int]] = defaultdict(set)
        self.by_key: dict[Key, set[int]] = defaultdict(set)
        for number, each in enumerate(resources):
            if each.full_url is not None:
                self.by_address[without_version(each.full_url)].add(number)
            for own in ids_of(each):
                self.by_id[own].add(number)
                if each.full_url is None:
                    self.without_address[own].add(number)
                if not is_placed(each):
                    self.without_server[own].add(number)
            for key in keys_of(each.resource):
                self.by_key[key].add(number)

    def certain(self, reference: str, holder: Found | None = None) -> list[AbstractSet[int]]:
        """The positions of those to whom a reference leads, in sets."""
        return self._led(reference, holder, self.without_address)

    def possible(self, reference: str, holder: Found | None = None) -> list[AbstractSet[int]]:
        """The positions of those to whom a reference may lead, in sets."""
        return self._led(reference, holder, self.without_server)

    def known_as(self, identifier: object) -> frozenset[int]:
        """The positions of those who have an identifier."""
        key = key_of(identifier)
        return _NOBODY if key is None else frozenset(self.by_key.get(key, _NOBODY))

    def _led(
        self, reference: str, holder: Found | None, elsewhere: Mapping[str, set[int]]
    ) -> list[AbstractSet[int]]:
        address = absolute(reference, holder)
        found: list[AbstractSet[int]] = [self.by_address.get(address, _NOBODY)]
        told = parts(address)
        if told is not None and told[1] == self.kind:
            places = self.by_id if told[0] is None else elsewhere
            found.append(places.get(told[2], _NOBODY))
        return found


def one_record(start: int, patients: Sequence[Found], index: Index) -> frozenset[int]:
    """The positions of the Patients that are linked with one, by a link or an identifier."""
    near: dict[int, set[int]] = defaultdict(set)

    def join(first: int, others: Iterable[int]) -> None:
        for other in others:
            near[first].add(other)
            near[other].add(first)

    for members in index.by_key.values():
        join(min(members), members)
    for number, each in enumerate(patients):
        links = each.resource.get("link")
        others = [it.get("other") for it in _objects(links)]
        named = (it.get("reference") for it in _objects(others))
        for address in {it for it in named if isinstance(it, str)}:
            for found in index.possible(address, each):
                join(number, found)
        for key in {key_of(it.get("identifier")) for it in _objects(others)}:
            join(number, _NOBODY if key is None else index.by_key.get(key, _NOBODY))
    reached, waiting = {start}, [start]
    while waiting:
        new = near[waiting.pop()] - reached
        reached |= new
        waiting += new
    return frozenset(reached)


def _objects(items: object) -> list[Mapping[Any, Any]]:
    return [it for it in items if isinstance(it, Mapping)] if isinstance(items, list) else []
