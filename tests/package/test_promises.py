"""What a release left is read by every later version, and means what it meant."""

from __future__ import annotations

import json
import lzma
from typing import TYPE_CHECKING, Any

import pytest

from tests.package.promises import RELEASED, broken, keep
from tools.release import LIST, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FORM_0 = '"desk_form" VALUES(0)'
SOME = ("tw/covid19-1922/round-19", "tw/influenza/2026")


@pytest.mark.slow
def test_every_promise_of_every_release_is_kept() -> None:
    assert broken() == []


def test_each_release_that_brought_a_policy_has_a_folder() -> None:
    since = {release for _, release in read(LIST.read_text("utf-8")).values()}
    assert since <= {it.name for it in RELEASED.glob("*")}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a release of now, of two policies."""
    return keep("1.0.0", tmp_path_factory.mktemp("released"), SOME)


@pytest.fixture
def found(kept: Path, tmp_path: Path) -> Callable[[Callable[[dict[str, Any]], object]], list[str]]:
    """What is broken where the release had written something else than it did."""

    def with_change(change: Callable[[dict[str, Any]], object]) -> list[str]:
        then = json.loads((kept / "promises.json").read_text("utf-8"))
        change(then)
        place = tmp_path / "1.0.0"
        place.mkdir()
        (place / "promises.json").write_text(json.dumps(then), encoding="utf-8")
        (place / "decisions.jsonl.xz").write_bytes(lzma.compress(b""))
        return broken(tmp_path)

    return with_change


def test_the_present_version_keeps_its_own_promises(kept: Path) -> None:
    assert broken(kept.parent) == []
    with pytest.raises(FileExistsError):
        keep("1.0.0", kept.parent, SOME)


def test_another_decision_about_a_boundary_person_is_found(kept: Path, tmp_path: Path) -> None:
    rows = [
        json.loads(line)
        for line in lzma.decompress((kept / "decisions.jsonl.xz").read_bytes()).splitlines()
    ]
    assert {row[0] for row in rows} == {*SOME}
    place = tmp_path / "1.0.0"
    place.mkdir()
    (place / "promises.json").write_bytes((kept / "promises.json").read_bytes())
    changed = [
        [*rows[0][:3], "eligible; 19z AZ 9: 2022-01-17..2022-01-23"],
        [rows[0][0], "9.9.9", *rows[0][2:]],
        [*rows[0][:2], {"birthday": "1990-01-01"}, rows[0][3]],
    ]
    text = "".join(json.dumps(row) + "\n" for row in changed)
    (place / "decisions.jsonl.xz").write_bytes(lzma.compress(text.encode()))
    one, gone, unread = broken(tmp_path)
    assert one.startswith("1.0.0: tw/covid19-1922/round-19 1.0.0 decides {")
    assert one.endswith("it was eligible; 19z AZ 9: 2022-01-17..2022-01-23")
    assert "has no version '9.9.9'" in gone
    assert "birthday" in unread


def test_a_later_release_keeps_only_the_policies_that_it_brings(kept: Path) -> None:
    later = keep("1.1.0", kept.parent, (*SOME, "tw/mpox/2026"))
    lines = lzma.decompress((later / "decisions.jsonl.xz").read_bytes()).splitlines()
    assert {json.loads(line)[0] for line in lines} == {"tw/mpox/2026"}


def put(*path: Any) -> Callable[[dict[str, Any]], object]:
    """Put a value, the last one, to a place in what was kept."""

    def change(then: Any) -> None:
        *way, last, value = path
        for step in way:
            then = then[step]
        then[last] = value

    return change


def value_of(name: str, change: Callable[[Any], object]) -> Callable[[dict[str, Any]], object]:
    return lambda then: change(next(it for it in then["values"] if it[0] == name))


PERSON = "vaxpolicy.rules.people.Person"
DOSE = "vaxpolicy.rules.people.Dose"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda it: it["codes"]["reason"].append("was-here"), "the code reason/was-here is gone"),
        (lambda it: it["groups"].append("old/1"), "the group old/1 is gone"),
        (put("vaccines", "AZ", "first_given", "2020-01-01"), "the vaccine AZ is"),
        (put("vaccines", "AZ", "diseases", ["flu"]), "the vaccine AZ is"),
        (put("vaccines", "Old", {"diseases": ["flu"]}), "the vaccine Old is {}"),
        (put("commands", "vaxpolicy old", []), "vaxpolicy old is gone"),
        (
            lambda it: it["commands"]["vaxpolicy check"].append("--was"),
            "vaxpolicy check --was is gone",
        ),
        (put("pseudonym", "0" * 64), "the pseudonym of a number is another one"),
        (value_of(DOSE, lambda it: it[1].update(site="x")), "Dose is not read: unknown key site"),
        (value_of(DOSE, put(0, "vaxpolicy.gone.Gone")), "the class vaxpolicy.gone.Gone is gone"),
        (put("journeys", 0, "state", "version", 99), "gives another state"),
        (put("journeys", 0, "snapshot", "{}"), "is not read"),
        (put("slots", 0, "events", 0, '{"type":"slot-opened","form":9}'), "is not read"),
        (put("records", 0, "{}"), "a record: not-a-record"),
        (put("campaign", "text", "no = 1"), "a campaign file is not read"),
        (put("campaign", "digest", "0" * 64), "a campaign file has another digest"),
        (put("campaign", "programme", "registration", "odd"), "the settings of a campaign file"),
        (put("desk", "seen", "come", []), "a desk reads"),
        (
            lambda it: put("desk", "sql", f"{it['desk']['sql']} ALTER TABLE events ADD actor;")(it),
            "a database takes no further event",
        ),
        (
            lambda it: put("desk", "sql", it["desk"]["sql"].replace('"form":3', '"form":9'))(it),
            "a database is not read",
        ),
        (
            lambda it: put(
                "desk", "sql", it["desk"]["sql"].replace('"desk_form" VALUES(1)', FORM_0)
            )(it),
            "a database is not opened",
        ),
    ],
)
def test_a_promise_that_is_not_kept_is_named(
    found: Callable[[Callable[[dict[str, Any]], object]], list[str]],
    change: Callable[[dict[str, Any]], object],
    says: str,
) -> None:
    faults = found(change)
    assert any(says in it for it in faults), faults


def test_a_class_that_moved_is_found_by_its_name(
    found: Callable[[Callable[[dict[str, Any]], object]], list[str]],
) -> None:
    assert found(value_of(PERSON, put(0, "vaxpolicy.earlier.place.Person"))) == []


def test_a_newer_version_may_add_a_key_and_raise_a_form(
    found: Callable[[Callable[[dict[str, Any]], object]], list[str]],
) -> None:
    def older(then: dict[str, Any]) -> None:
        del then["campaign"]["programme"]["gate"]
        then["journeys"][0]["state"]["form"] = 1

    assert found(older) == []
