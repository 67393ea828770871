"""Reading ID numbers beside the other libraries that do: how fast, and what each can do.

    python benchmarks/identity.py            the times, against the targets
    python benchmarks/identity.py --table    what each library takes, for docs/identity/libraries.md

The others are installed into a temporary folder, at the versions pinned here and in
requirements-identity.txt. Without Node and npm the libraries of that side are left out. Every library
gets numbers of the kinds it knows, made from the seed below, and vaxpolicy gets the same ones; they
take turns, so that a busy moment of the machine meets all of them.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from attrs import frozen
from stdnum.tw import ubn

from vaxpolicy.identity import IdNumber, NumberError, is_valid_id_number, parse_id_number

HERE = Path(__file__).parent
NPM = ("taiwan-id-validator@2.1.0", "validid@3.0.0", "validator@13.15.35", "stdnum@1.12.0")
SEED = 1922
COUNT = 500
TURNS = 41
ROUNDS = 20
FASTER_THAN_PYTHON = 4.0
SLOWER_THAN_V8 = 1.6

Check = Callable[[str], object]


@frozen
class Peer:
    """A library as it is measured: in which runtime, and which numbers it knows."""

    name: str
    runtime: str
    kinds: tuple[str, ...]
    check: Check | None = None
    reason: Check | None = None


class Node:
    """The Node side, which keeps running so that V8 stays warm."""

    def __init__(self, folder: Path) -> None:
        command = ["node", str(HERE / "identity_node.mjs")]
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, **command: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        self.process.communicate()


@contextmanager
def peers() -> Iterator[tuple[list[Peer], Node | None]]:
    """The other libraries, installed for as long as they are needed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pins = str(HERE / "requirements-identity.txt")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--target", str(folder / "python"), "-r", pins], check=True)
        sys.path.insert(0, str(folder / "python"))
        found = python_peers()
        node = None
        if shutil.which("node") and shutil.which("npm"):
            npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", name, *NPM]
            subprocess.run(
                npm, check=True, env=os.environ | {"npm_config_update_notifier": "false"}
            )
            node = Node(folder)
            found += node_peers()
        try:
            yield found, node
        finally:
            if node is not None:
                node.close()


def python_peers() -> list[Peer]:
    # Only now are they installed.
    import idnumbers  # type: ignore[import-not-found]  # noqa: PLC0415
    from idnumbers.nationalid import TWN  # type: ignore[import-not-found]  # noqa: PLC0415
    from taiwanid import TaiwanID  # type: ignore[import-not-found]  # noqa: PLC0415

    taiwan_id = TaiwanID()
    success = taiwan_id.ValidateStatus.SUCCESS
    return [
        Peer(
            "taiwanid",
            "Python",
            ("national", "current"),
            check=lambda text: taiwan_id.validate(text) is success,
            reason=lambda text: taiwan_id.validate(text).value,
        ),
        Peer(
            "idnumbers",
            "Python",
            ("national",),
            check=TWN.NationalID.validate,
            reason=lambda text: idnumbers.validate("TWN", text).reason,
        ),
        Peer("python-stdnum (tw.ubn)", "Python", ("business",), check=ubn.is_valid),
    ]


def node_peers() -> list[Peer]:
    return [
        Peer("taiwan-id-validator", "V8", ("national", "current", "legacy")),
        Peer("validid", "V8", ("national", "current", "legacy")),
        Peer("validator", "V8", ("national", "current")),
        Peer("stdnum", "V8", ("national", "current", "legacy")),
    ]


def numbers() -> dict[str, list[str]]:
    """Valid numbers of each kind, all of them made up."""
    rng = random.Random(SEED)
    made: dict[str, list[str]] = {}
    for kind, seconds in (("national", "12"), ("current", "89"), ("legacy", "ABCD")):
        bodies = (
            f"{rng.choice('ABCDEFGHIJKLMNOPQRSTUVWXYZ')}{rng.choice(seconds)}{rng.randrange(10**7):07d}"
            for _ in range(COUNT)
        )
        made[kind] = [body + IdNumber.check_digit(body) for body in bodies]
    business = (f"{rng.randrange(10**8):08d}" for _ in iter(int, 1))
    made["business"] = [next(n for n in business if ubn.is_valid(n)) for _ in range(COUNT)]
    return made


def seconds_each(check: Check, texts: list[str]) -> float:
    start = perf_counter()
    for _ in range(ROUNDS):
        for text in texts:
            check(text)
    return (perf_counter() - start) / ROUNDS / len(texts)


def measure() -> int:
    """Print the times; 1 if a target is missed."""
    with peers() as (others, node):
        made = numbers()
        everything = made["national"] + made["current"] + made["legacy"]
        texts = {p.name: [n for kind in p.kinds for n in made[kind]] for p in others}
        # Numbers of businesses are not ours to read: there we are measured on all of our own.
        ours = {p.name: everything if "business" in p.kinds else texts[p.name] for p in others}
        times: dict[tuple[str, str], list[float]] = {}
        for _ in range(TURNS):
            for peer in others:
                mine = ours[peer.name]
                turn = {
                    "is_valid": seconds_each(is_valid_id_number, mine) * 1e6,
                    "parse": seconds_each(parse_id_number, mine) * 1e6,
                    "peer": peer_time(peer, node, texts[peer.name]),
                }
                for what, microseconds in turn.items():
                    times.setdefault((peer.name, what), []).append(microseconds)
    return report(others, {key: median(values) for key, values in times.items()})


def peer_time(peer: Peer, node: Node | None, texts: list[str]) -> float:
    if peer.check is not None:
        return seconds_each(peer.check, texts) * 1e6
    assert node is not None
    return float(node.ask(library=peer.name, numbers=texts, rounds=ROUNDS))


def report(others: list[Peer], times: dict[tuple[str, str], float]) -> int:
    print(
        "| library | runtime | its check, µs | is_valid_id_number, µs | ratio | parse_id_number, µs |"
    )
    print("|---|---|---:|---:|---:|---:|")
    for peer in others:
        theirs, valid, parse = (times[peer.name, what] for what in ("peer", "is_valid", "parse"))
        print(
            f"| {peer.name} | {peer.runtime} | {theirs:.2f} | {valid:.2f} | {theirs / valid:.2f} | {parse:.2f} |"
        )
    python = [peer.name for peer in others if peer.runtime == "Python"]
    fastest = min(python, key=lambda name: times[name, "peer"])
    speed_up = times[fastest, "peer"] / times[fastest, "is_valid"]
    parsing = times[fastest, "peer"] / times[fastest, "parse"]
    print(
        f"\nbare check: {speed_up:.1f} times as fast as {fastest} (at least {FASTER_THAN_PYTHON})"
    )
    print(f"parsing: {parsing:.1f} times as fast as the bare check of {fastest} (at least 1)")
    missed = speed_up < FASTER_THAN_PYTHON or parsing < 1
    if ("taiwan-id-validator", "peer") in times:
        v8 = times["taiwan-id-validator", "is_valid"] / times["taiwan-id-validator", "peer"]
        print(
            f"bare check: {v8:.2f} times the time of taiwan-id-validator (at most {SLOWER_THAN_V8})"
        )
        missed = missed or v8 > SLOWER_THAN_V8
    return int(missed)


# The input of each library: numbers with right check digits, unless it says otherwise.


def texts() -> dict[str, str]:
    national = numbers()["national"]
    return {
        "national ID": "A123456789",
        "national ID with check digit 0": next(n for n in national if n[9] == "0"),
        "retired letter": next(n for n in national if n[0] in "LRSY"),
        "current UI number": "A800000014",
        "legacy UI number": "AB12345677",
        "second character 3": "A300000005",
        "second letter E": "AE23456785",
        "wrong check digit": "A123456788",
        "lower case": "a123456789",
        "blanks around": " A123456789 ",
        "blanks and hyphens within": "A123-456 789",
        "full-width digits alone": "A１２３４５６７８９",
        "full-width throughout": "Ａ１２３４５６７８９",
        "Arabic-Indic digits": "A١٢٣٤٥٦٧٨٩",
        "superscript digit": "A1²3456789",
        "dotless i": "ı" + next(n[1:] for n in national if n[0] == "I"),
        "newline at the end": "A123456789\n",
    }


REASONS = {"length": "A12345678", "characters": "A12345678X", "check digit": "A123456788"}


def our_reason(text: str) -> str | None:
    try:
        parse_id_number(text)
    except NumberError as error:
        return error.code
    return None


def table() -> int:
    """Print what each library takes, every cell tried."""
    with peers() as (others, node):
        readers = [Peer("vaxpolicy", "Python", (), is_valid_id_number, our_reason)]
        readers += [peer for peer in others if "business" not in peer.kinds]
        tried = texts()
        answers = {peer.name: answer(peer, node, list(tried.values())) for peer in readers}
        reasons = {peer.name: answer(peer, node, list(REASONS.values())) for peer in readers}
    names = [peer.name for peer in readers]
    print("| takes | " + " | ".join(names) + " |\n|---|" + "---|" * len(names))
    for i, what in enumerate(tried):
        print(f"| {what} | " + " | ".join(word(answers[name][i][0]) for name in names) + " |")
    told = []
    for name in names:
        codes = {str(reason) for _, reason in reasons[name] if reason}
        told.append("yes" if len(codes) == len(REASONS) else "no")
    print("| tells length, characters and check digit apart | " + " | ".join(told) + " |")
    return 0


def word(taken: object) -> str:
    return "crash" if isinstance(taken, str) else "yes" if taken else "no"


def answer(peer: Peer, node: Node | None, texts: list[str]) -> list[list[Any]]:
    if peer.check is None:
        assert node is not None
        return list(node.ask(library=peer.name, texts=texts))
    return [[attempt(peer.check, text), attempt(peer.reason, text)] for text in texts]


def attempt(call: Check | None, text: str) -> object:
    try:
        return None if call is None else call(text)
    except Exception as error:  # noqa: BLE001  # that it crashes is the finding
        return f"crash: {type(error).__name__}"


if __name__ == "__main__":
    sys.exit(table() if sys.argv[1:] == ["--table"] else measure())
