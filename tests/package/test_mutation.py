"""How the results of mutation testing are kept and shown; the runs themselves are `nox -s mutation`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tools import mutation
from tools.code_swap import functions_of, swap, swapped
from tools.mutation import (
    ROOMS,
    SOURCE,
    All,
    Chosen,
    Known,
    Measurements,
    Tried,
    interval,
    page,
    parted,
    quick_ones,
    read_reasons,
    why,
    without_words,
)
from tools.reports import ROOT, table, with_part

SURVIVOR = ["days.py", 249, "a = [\n    1]", "a = [\n    2]"]
EXPLAINED = """
[[survivor]]
module = "days.py"
before = '''
a = [
    1]'''
after = '''
a = [
    2]'''
why = "the second number is never read"
"""


def results(*survivors: list[Any]) -> dict[str, Any]:
    tried = Tried("digest", 18, 400, "2026-11-28", "abc1234")
    tried.fates = {str(it): "killed" for it in range(95)} | {"95": "timeout"}
    for place, it in enumerate(survivors, start=96):
        tried.fates[str(place)] = "survived"
        tried.survivors[str(place)] = it
    return {"days": tried.summary()}


def test_every_room_has_modules_and_tests() -> None:
    for room in ROOMS.values():
        assert room.files
        assert all((ROOT / it).exists() for it in room.tests)
        assert (ROOT / room.tests[0]).is_dir()


def test_the_committed_results_and_explanations_are_read() -> None:
    found, known = mutation.read_results(), mutation.reasons()
    assert set(found) <= set(ROOMS)
    for it in found.values():
        assert it["tried"] == it["killed"] + it["timeouts"] + len(it["survivors"])
    for module, before, _ in known:
        modules = [SOURCE / module] if module else SOURCE.rglob("*.py")
        texts = [it.read_text("utf-8").splitlines() for it in modules]
        lines = {" ".join(line.split()) for text in texts for line in text}
        assert {" ".join(it.split()) for it in before.splitlines()} <= lines, (module, before)


def test_the_page_has_each_survivor_with_its_explanation() -> None:
    known = read_reasons(EXPLAINED)
    assert why(SURVIVOR, known) == "the second number is never read"
    other = ["days.py", 1, "x | y", "x & y"]
    text = page(results(SURVIVOR, other), known)
    assert "| `days.py:249` | `a = [ 1]` | `a = [ 2]` | the second number is never read |" in text
    assert "| `days.py:1` | `x | y` | `x & y` | **open** |" in text
    assert (
        "| `days` | 400 | 98 | 96 | 1 | 98.0% | 93% to 99% | 1 | 1 | 99.0% | 2026-11-28 |" in text
    )
    assert "| `desk` |  | 0 |" in text


def test_the_interval_is_wilsons() -> None:
    low, high = interval(95, 100)
    assert (round(low, 3), round(high, 3)) == (0.888, 0.978)


def test_the_tests_that_reach_a_line_are_chosen_quick_ones_first() -> None:
    mutant: Any = SimpleNamespace(lines=(7, 8), inside=True)
    reached = {"days.py": {7: ("a",), 8: ("b",)}}
    known = Known({"a": 2.0, "b": 1.0, "c": 3.0}, reached, {"days.py": frozenset({8})})
    assert known.runs_early("days.py", mutant)
    chosen = known.tests_of("days.py", mutant)
    items: list[Any] = [SimpleNamespace(nodeid=it) for it in "abc"]
    Chosen(chosen).pytest_collection_modifyitems(items)
    assert [it.nodeid for it in items] == ["b", "a"]
    for lines, inside in (((9, 9), True), ((7, 7), False)):
        elsewhere: Any = SimpleNamespace(lines=lines, inside=inside)
        assert known.tests_of("days.py", elsewhere) == known.seconds
        assert not known.runs_early("days.py", elsewhere)


def test_the_tests_of_the_room_itself_come_first_and_those_that_do_not_reach_a_line_last() -> None:
    every = {"tests/values/a": 1.0, "tests/days/b": 2.0, "tests/days/c": 3.0, "tests/values/d": 4.0}
    few = {"tests/values/a": 1.0, "tests/days/b": 2.0}
    assert parted(ROOMS["days"], few, every) == (
        {"tests/days/b": 2.0},
        {"tests/values/a": 1.0},
        {"tests/days/c": 3.0, "tests/values/d": 4.0},
    )


def test_a_run_tries_the_quick_tests_that_take_so_long_together() -> None:
    tests = {"a": 3.0, "b": 1.0, "c": 2.0}
    assert list(quick_ones(tests, 4)) == ["b", "c"]
    assert list(quick_ones(tests, 5)) == ["b", "c", "a"]
    assert list(quick_ones({"a": 3.0}, 1)) == ["a"]


def test_measurements_are_kept_of_the_tests_whose_files_are_the_same() -> None:
    """Of a test that is gone, or whose file has changed, nothing is kept."""
    reached = {"a.py": {"1": ["", "one::a", "one::b", "two::c"], "2": ["two::c"]}}
    seconds = {"one::a": 1.0, "one::b": 2.0, "two::c": 3.0}
    before = Measurements("library", {"one": "1", "two": "2"}, seconds, reached)
    stamps = {"one": "1", "two": "3"}
    kept = before.of_these({"one::a", "two::c"}, stamps)
    assert kept.seconds == {"one::a": 1.0}
    assert kept.reached == {"a.py": {"1": ["one::a"], "2": []}}
    more = kept.with_more({"two::c": 4.0}, {"a.py": {"1": ["two::c", ""]}, "b.py": {}}, stamps)
    assert more.stamps == stamps
    assert more.known() == Known(
        {"one::a": 1.0, "two::c": 4.0},
        {"a.py": {1: ("one::a", "two::c"), 2: ()}, "b.py": {}},
        {"a.py": frozenset({1}), "b.py": frozenset()},
    )


def test_other_words_are_not_another_code() -> None:
    one = 'def f(x):  # said\n    """Do it."""\n    raise ValueError("expected a day")\n'
    other = 'def f(x):\n    """Do it well."""\n    raise ValueError("expected one day")\n'
    assert without_words(one) == without_words(other)
    for changed in (one.replace("f(x)", "f(y)"), one.replace("expected a day", "day")):
        assert without_words(changed) != without_words(one)


def test_an_explanation_without_a_module_is_one_for_all_modules() -> None:
    known = read_reasons(EXPLAINED.replace('module = "days.py"\n', ""))
    for module in ("days.py", "rules/people.py"):
        assert why([module, *SURVIVOR[1:]], known) == "the second number is never read"
    assert why(["days.py", 1, "x", "y"], known) is None


MODULE = """
from functools import cache, wraps

LIMIT = 1

def passed_on(function):
    @wraps(function)
    def inner(*given):
        return function(*given) + 0
    return inner

class Some:
    kind = "some"

    @property
    def number(self):
        return sum(it for it in (1, 2))

    @passed_on
    def more(self, by=1):
        return by + 1

@cache
def kept():
    return (lambda: 5)()

twice = lambda it: it * 2
"""


def loaded(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "some"}
    exec(compile(text, "some.py", "exec"), names)  # noqa: S102  # the module above
    return names


@pytest.mark.parametrize(
    ("old", "new", "asked", "answer"),
    [
        ("(1, 2)", "(1, 3)", "Some().number", 4),
        ("(it for it in (1, 2))", "(True for it in (1, 2, 3))", "Some().number", 3),
        ("by + 1", "by - 1", "Some().more()", 0),
        ("*given) + 0", "*given) + 1", "Some().more()", 3),
        ("lambda: 5", "lambda: 6", "kept()", 6),
        ("return (lambda: 5)()", "return 7", "kept()", 7),
        ("it * 2", "it * 3", "twice(2)", 6),
    ],
)
def test_a_mutant_of_a_function_is_put_into_the_loaded_function(
    old: str, new: str, asked: str, answer: int
) -> None:
    names, one = loaded(MODULE), compile(MODULE, "some.py", "exec")
    other = compile(MODULE.replace(old, new), "some.py", "exec")
    found = swapped(one, other, functions_of(["some.py"])["some.py"])
    assert found
    swap(found)
    assert eval(asked, names) == answer  # noqa: S307  # the call above


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT = 1", "LIMIT = True"),
        ('kind = "some"', "kind = None"),
        ("by=1", "by=2"),
        ("@cache", ""),
        ("    return inner", "    return lambda *given: function(*given) + inner(*given)"),
        ("function(*given) + 0", "0"),
        ("twice = ", "twice =  "),
    ],
)
def test_other_mutants_need_a_new_import(old: str, new: str) -> None:
    """What runs on import; a function with other variables from outside; and no change at all."""
    names, one = loaded(MODULE), compile(MODULE, "some.py", "exec")
    other = compile(MODULE.replace(old, new), "some.py", "exec")
    assert swapped(one, other, functions_of(["some.py"])["some.py"]) is None
    assert names["twice"](2) == 4


def test_a_mutant_of_a_function_that_is_not_loaded_needs_a_new_import() -> None:
    one, other = (compile(it, "no.py", "exec") for it in (MODULE, MODULE.replace("by + 1", "by")))
    assert swapped(one, other, functions_of(["no.py"])["no.py"]) is None


WARM = """
from pathlib import Path
from types import SimpleNamespace
from tools import mutation

# libcst, which finds the mutants, is in the nox session alone
CODE = Path("vaxpolicy/some.py").read_text()
CHANGES = [
    (1, "LIMIT = 3"),
    (1, "LIMIT = None"),
    (3, "return number % LIMIT != 0"),
    (3, "return number % LIMIT == 1"),
    (3, "return number / LIMIT == 0"),
]
def mutant(line, after):
    before = CODE.splitlines()[line - 1].strip()
    return SimpleNamespace(
        lines=(line, line), inside=line > 2, before=before, after=after,
        code=CODE.replace(before, after),
    )

mutation.SOURCE, mutation.WORK = Path("vaxpolicy"), Path("work")
room = mutation.Room("some", ("some.py",), ("tests",))
with mutation.Copy.made(Path("work/copy").resolve()) as copy:
    with mutation.Warm.started(room, copy) as warm:
        assert len(warm.known.seconds) == 2
        assert warm.known.reached["some.py"][3] == ("tests/test_some.py::test_even",)
        assert warm.known.read_in["some.py"] == {1, 2}
        assert Path("ran").read_text() == "."
    with mutation.Warm.started(room, copy) as again:
        assert again.known == warm.known
        assert Path("ran").read_text() == "."
    Path("tests/test_some.py").write_text(Path("tests/test_some.py").read_text() + "#")
with (
    mutation.Copy.made(Path("work/copy").resolve()) as copy,
    mutation.Warm.started(room, copy) as warm,
):
    assert Path("ran").read_text() == ".."
    for line, after in CHANGES:
        at = Path("some.py"), mutant(line, after)
        found = mutation.fate(room, warm, copy, at, slow=False, again=True)
        print(after, found, sep=": ")
    assert warm.is_sound()
    Path("broken").touch()
    assert not warm.is_sound()
"""


def test_mutants_are_tried_in_forks_of_a_process_that_has_read_in_the_tests(
    tmp_path: Path,
) -> None:
    for name, text in {
        "pytest.ini": "[pytest]\n",
        "vaxpolicy/__init__.py": "",
        "vaxpolicy/some.py": "LIMIT = 2\ndef even(number):\n    return number % LIMIT == 0\n",
        "tests/test_some.py": (
            "from pathlib import Path\n"
            "from vaxpolicy.some import even\n"
            "def test_even(): assert even(0)\n"
            "def test_nothing():\n"
            "    assert not Path('broken').exists()\n"
            "    with open('ran', 'a') as file: file.write('.')\n"
        ),
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    done = subprocess.run(  # noqa: S603  # the program above
        [sys.executable, "-c", WARM],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.splitlines()) == [
        "LIMIT = 3: survived",
        "LIMIT = None: killed",
        "return number % LIMIT != 0: killed",
        "return number % LIMIT == 1: killed",
        "return number / LIMIT == 0: survived",
    ]


FORKS = """
import os, sys, time
from pathlib import Path
from tools.mutation import forked
log = Path(sys.argv[1])
assert forked(lambda: os.write(1, b"said"), cpu=5, wall=60, log=log) == 4
assert log.read_text() == "said"
assert forked(lambda: sys.exit(4), cpu=5, wall=60, log=log) == 70
assert "SystemExit: 4" in log.read_text()
assert forked(lambda: time.sleep(600), cpu=5, wall=0.1, log=log) is None
"""


def test_a_fork_gives_its_code_and_ends_when_its_time_is_over(tmp_path: Path) -> None:
    """In a process of its own, without the threads and the tracer of a runner."""
    command = [sys.executable, "-c", FORKS, str(tmp_path / "log")]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)  # noqa: S603
    assert done.returncode == 0, done.stderr


def test_a_run_that_was_stopped_goes_on_and_begins_anew_with_other_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mutation, "WORK", tmp_path)
    monkeypatch.setattr(mutation, "RESULTS", tmp_path / "results.json")
    room, every = ROOMS["days"], All((), ((0, 0), (0, 1)), "digest")
    tried = mutation.read_tried(room, every, 18)
    assert (tried.mutants, tried.fates) == (2, {})
    tried.fates["0"] = "killed"
    mutation.keep(room, tried)
    assert mutation.read_tried(room, every, 18).fates == {"0": "killed"}
    assert json.loads((tmp_path / "results.json").read_text())["days"]["killed"] == 1
    assert mutation.read_tried(room, every, 19).fates == {}


def test_a_mutant_is_in_the_copy_and_then_no_longer(tmp_path: Path) -> None:
    path = sys.path[:]
    with mutation.Copy.made(tmp_path / "copy") as copy:
        place = copy.folder / "src" / "vaxpolicy" / "days.py"
        assert sys.path[0] == str(copy.folder / "src")
        true = place.read_text("utf-8")
        with copy.with_mutant(Path("days.py"), "changed"):
            assert place.read_text("utf-8") == "changed"
        assert place.read_text("utf-8") == true
    assert (sys.path, place.exists()) == (path, False)


def test_the_command_shows_open_survivors_and_fails_below_the_aim(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mutation, "RESULTS", tmp_path / "results.json")
    for survivors, code in (([SURVIVOR], 0), ([SURVIVOR] * 6, 1)):
        (tmp_path / "results.json").write_text(json.dumps(results(*survivors)))
        assert mutation.main(["show", "days"]) == code
        assert "days.py:249\n  - a = [\n  -     1]\n  + a = [" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        mutation.main(["show", "nothing"])


def test_a_part_of_a_page_is_put_in_the_place_of_the_one_before() -> None:
    once = with_part("# Page\n", "<!-- begin -->", "old\n")
    assert with_part(once, "<!-- begin -->", "new\n") == "# Page\n\n<!-- begin -->\n\nnew\n"


def test_numbers_of_a_table_are_on_the_right() -> None:
    assert table(("what", "many"), [["a|b", 1000], ["c", "-2.5 %"]]) == (
        "| what | many |\n|---|---:|\n| a&#124;b | 1,000 |\n| c | -2.5 % |\n"
    )
