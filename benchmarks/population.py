"""Many people at once, side by side with what else could do it.

    python -m benchmarks.population                             a million people, a few minutes
    python -m benchmarks.population --rows 23500000 --write     the whole country, about an hour

It prints tables; `--write` puts them into population.md and docs/explanation/everybody.md, where what a
cluster would take is computed from the rates of the same run. The others are installed into a temporary
folder, at the versions pinned in requirements-population.txt and here. Without Node and npm the package
of npm is left out. All candidates take turns, so that a busy moment of the machine meets all of them.
Candidates on one core are pinned to it, and measured by the time of the processor.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from attrs import frozen

from vaxpolicy import catalog
from vaxpolicy.population import decide_table, sample_people, valid_id_numbers
from vaxpolicy.population.jobs import write_sample
from vaxpolicy.population.streams import deciders_for

HERE = Path(__file__).parent
NPM = "taiwan-id-validator@2.1.0"
TURNS = 5
COUNTRY = 23_500_000
BATCH = 1 << 17
FOUR_RULES = catalog.load("tw/covid19-1922/round-16")
FOUR_VACCINES = catalog.load("tw/covid19-1922/round-19")
SIZES = (1_000_000, 5_000_000, COUNTRY)
NUMBERS_CHECKED = 1_000_000
TO_NPM, TO_POLARS, TO_PYARROW, PEAK_MB, NUMBERS = 40, 15, 2.0, 1000, 80

Run = Callable[[], object]


def seconds(*runs: Run, turns: int = TURNS) -> list[tuple[float, float]]:
    """The median of each, by the clock and by the time of the processor, turn by turn."""
    taken: list[list[tuple[float, float]]] = [[] for _ in runs]
    for _ in range(turns):
        for place, run in enumerate(runs):
            start, used = perf_counter(), process_time()
            run()
            taken[place].append((perf_counter() - start, process_time() - used))
    return [(median(it[0] for it in each), median(it[1] for it in each)) for each in taken]


@contextmanager
def others() -> Iterator[Path]:
    """The candidates of the comparison, installed for as long as they are needed."""
    os.environ["POLARS_MAX_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        pins = str(HERE / "requirements-population.txt")
        subprocess.run([*pip, "--target", str(folder / "python"), "-r", pins], check=True)
        sys.path.append(str(folder / "python"))
        if shutil.which("node") and shutil.which("npm"):
            npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", name, NPM]
            subprocess.run(npm, check=True)
        yield folder


@frozen
class Table:
    """Rows of Markdown under a title."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    note: str = ""

    def __str__(self) -> str:
        lines = [self.head, ("---", *["---:"] * (len(self.head) - 1)), *self.rows]
        note = f"\n{self.note}\n" if self.note else ""
        return f"## {self.title}\n{note}\n" + "\n".join(f"| {' | '.join(it)} |" for it in lines)


# ID numbers


def in_polars(numbers: Any) -> Run:
    pl = import_module("polars")
    column = pl.Series("n", numbers.to_pylist()).str.to_uppercase()
    frame = pl.DataFrame({"n": column})
    letters = {letter: 10 + at for at, letter in enumerate("ABCDEFGHJKLMNPQRSTUVXYWZIO")}
    value = {k: v // 10 + v % 10 * 9 for k, v in letters.items()}
    second = {**{str(d): d for d in range(10)}, "A": 0, "B": 1, "C": 2, "D": 3}
    text = pl.col("n")
    total = text.str.slice(0, 1).replace_strict(value, default=None) + 8 * text.str.slice(
        1, 1
    ).replace_strict(second, default=None)
    for place, weight in enumerate((7, 6, 5, 4, 3, 2, 1, 1), 2):
        total += weight * text.str.slice(place, 1).cast(pl.Int64, strict=False)
    shape = text.str.contains(r"^[A-Z][1289A-D][0-9]{8}$")
    expression = (shape & (total % 10 == 0)).fill_null(False)  # noqa: FBT003 - Polars' own
    assert frame.select(expression.sum()).item() == len(numbers)
    return lambda: frame.select(expression)


NODE = """
const {isIdCardNumber: check} = require(process.argv[1]);
const lines = require("fs").readFileSync(process.argv[2], "utf8").trimEnd().split("\\n");
require("readline").createInterface({input: process.stdin}).on("line", () => {
  const before = process.cpuUsage();
  let valid = 0;
  for (const each of lines) if (check(each)) valid++;
  const used = process.cpuUsage(before);
  console.log(JSON.stringify({seconds: (used.user + used.system) / 1e6, valid}));
});
"""


@contextmanager
def in_node(folder: Path, numbers: Any) -> Iterator[Callable[[], float] | None]:
    """The package of npm: a turn is the seconds that it takes for all numbers."""
    package = folder / "node_modules" / NPM.partition("@")[0]
    if not package.exists():
        yield None
        return
    file = folder / "numbers.txt"
    file.write_text("\n".join(numbers.to_pylist()))
    with subprocess.Popen(
        ["node", "-e", NODE, str(package), str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as node:
        assert node.stdin is not None
        assert node.stdout is not None
        ask, answers = node.stdin, node.stdout

        def turn() -> float:
            ask.write("\n")
            ask.flush()
            found = json.loads(answers.readline())
            assert found["valid"] == len(numbers)
            return float(found["seconds"])

        yield turn
        ask.close()


def id_numbers(folder: Path, rows: int, missed: list[str]) -> Table:
    numbers = sample_people(rows, 1)["id_number"].combine_chunks()
    assert valid_id_numbers(numbers).true_count == rows
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})  # the child of npm has the same core
    try:
        polars = in_polars(numbers)
        taken: dict[str, list[float]] = {}
        with in_node(folder, numbers) as turn:
            for _ in range(TURNS):
                ((_, own), (_, other)) = seconds(lambda: valid_id_numbers(numbers), polars)
                taken.setdefault("`valid_id_numbers`", []).append(own)
                taken.setdefault("a Polars expression", []).append(other)
                if turn is not None:
                    taken.setdefault(f"npm {NPM}", []).append(median(turn() for _ in range(TURNS)))
    finally:
        os.sched_setaffinity(0, cores)
    best = {name: min(each) for name, each in taken.items()}
    own = best["`valid_id_numbers`"]
    wanted = {"a Polars expression": TO_POLARS, f"npm {NPM}": TO_NPM}
    if rows / own / 1e6 < NUMBERS:
        missed.append("valid_id_numbers")
    missed += [name for name, times in wanted.items() if name in best and best[name] < times * own]
    return Table(
        f"ID numbers: {rows:,} of them, one core",
        ("check", "million a second", "times ours", "at least"),
        [
            (
                *(name, f"{rows / each / 1e6:.1f}", f"{each / own:.1f}"),
                f"{NUMBERS} million" if each == own else f"{wanted[name]}",
            )
            for name, each in best.items()
        ],
        f"The best of {TURNS} medians of {TURNS} turns.",
    )


# a round


def write_decisions(policy: Any, people: Path, out: Path) -> int:
    reader = decide_table(policy, people, keep=[])
    written = 0
    with pq.ParquetWriter(out, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
            written += batch.num_rows
    return written


def copying(policy: Any, people: Path, decisions: Path, out: Path) -> Run:
    """Reading the same columns and writing the same decisions: some of them, again and again."""
    (decider,), _ = deciders_for(policy, people, BATCH, 1, keep=[])
    columns = decider.columns
    some = list(islice(pq.ParquetFile(decisions).iter_batches(BATCH), 16))

    def copy() -> None:
        answers = cycle(some)
        with pq.ParquetWriter(out, decider.schema) as writer:
            for batch in pq.ParquetFile(people).iter_batches(BATCH, columns=columns):
                writer.write_batch(next(answers).slice(0, batch.num_rows))

    return copy


PEAK = """
import sys
from pathlib import Path
from benchmarks.population import write_decisions
from vaxpolicy import catalog
write_decisions(catalog.load(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
"""


def peak(policy: Any, people: Path, out: Path) -> float:
    """The most memory, in MB, of a process that decides for a file and does nothing else."""
    command = [sys.executable, "-c", PEAK, policy.id, str(people), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout) / 1024


@frozen
class Round:
    """The time of a round for a number of rows: by the clock and of the processor."""

    policy: Any
    rows: int
    clock: float
    processor: float
    copy: float
    copy_processor: float
    peak: float


def a_round(folder: Path, sizes: list[int], missed: list[str]) -> tuple[list[Round], Table, Table]:
    found, made = [], []
    people, decisions = folder / "people.parquet", folder / "decisions.parquet"
    for rows in sizes:
        start = perf_counter()
        write_sample(people, rows, 1)
        made.append((f"{rows:,}", f"{perf_counter() - start:.1f}", f"{size_of(people)}"))
        for policy in (FOUR_RULES, FOUR_VACCINES):
            assert write_decisions(policy, people, decisions) == rows
            copy = copying(policy, people, decisions, folder / "copy.parquet")

            def own_way(policy: Any = policy) -> None:
                write_decisions(policy, people, folder / "again.parquet")

            own, other = seconds(own_way, copy)
            most = peak(policy, people, folder / "again.parquet")
            found.append(Round(policy, rows, *own, *other, most))
            name = f"{policy.id}, {rows:,} rows"
            if rows == COUNTRY and own[0] > TO_PYARROW * other[0]:
                missed.append(f"{name}: {own[0] / other[0]:.2f} times PyArrow")
            if most > PEAK_MB:
                missed.append(f"{name}: {most:.0f} MB")
    rounds = Table(
        "A round, from Parquet to Parquet",
        (
            *("policy", "rows", "s", "PyArrow alone, s", "times", "of the processor, times"),
            *("million rows a second", "peak, MB"),
        ),
        [
            (
                *(f"{it.policy.id}", f"{it.rows:,}", f"{it.clock:.2f}", f"{it.copy:.2f}"),
                f"{it.clock / it.copy:.2f}",
                f"{it.processor / it.copy_processor:.2f}",
                f"{it.rows / it.clock / 1e6:.2f}",
                f"{it.peak:.0f}",
            )
            for it in found
        ],
        "Round 16 has four rules, round 19 a rule for four vaccines. PyArrow alone reads the same columns and"
        f" writes the same decisions. For the whole country: at most {TO_PYARROW:.0f} times its time, and less than"
        f" {PEAK_MB} MB. The first batches ask the scalar decision for each new combination of facts, so fewer rows"
        " take longer each.",
    )
    sample = Table(
        "Making up the people: `vaxpolicy population sample`", ("rows", "s", "file, MB"), made
    )
    return found, rounds, sample


def size_of(file: Path) -> str:
    return f"{file.stat().st_size / 1e6:.0f}"


def unknown_facts(rows: int) -> Table:
    """Some of the rows have one fact that is not known: birth date, doses, groups or willingness."""
    names = ["key", "birth_date", "doses", "groups", "willingness"]
    people = sample_people(rows, 1).select(names).combine_chunks()
    chance = np.random.default_rng(1)
    which = chance.integers(1, len(names), rows)
    found = []
    for policy in (FOUR_RULES, FOUR_VACCINES):
        tables = []
        for share in (0.0, 0.01, 1.0):
            blank = chance.random(rows) < share
            table = people
            for place, name in list(enumerate(names))[1:]:
                column = people[name].combine_chunks()
                known = pa.array(~(blank & (which == place)))
                column = pc.if_else(known, column, pa.scalar(None, column.type))
                table = table.set_column(place, name, column)
            tables.append(table)
        taken = seconds(
            *[lambda it=it, policy=policy: pa.table(decide_table(policy, it)) for it in tables]
        )
        for name, (clock, used) in zip(("none", "1 %", "all"), taken, strict=True):
            rates = (f"{rows / clock / 1e6:.2f}", f"{rows / used / 1e6:.2f}")
            found.append((policy.id, name, *rates))
    return Table(
        f"Unknown facts: {rows:,} people",
        ("policy", "rows with one", "million rows a second", "of one core"),
        found,
    )


# references from the field


VACCINES = ("AZ", "Moderna", "BNT", "Medigen")
BORN = {"AZ": "2004-01-23", "Moderna": "2004-01-23", "BNT": "2004-01-23", "Medigen": "2002-01-23"}
LAST_DOSE = "2021-10-31"
SQL = "SELECT key, " + ", ".join(
    f"coalesce(len(doses) = 2 AND list_max([d.on FOR d IN doses]) <= DATE '{LAST_DOSE}'"
    f" AND birth_date <= DATE '{born}', FALSE) AS {vaccine}"
    for vaccine, born in BORN.items()
)
SQL = f"{SQL} FROM people"


def day_of(text: str) -> int:
    return int(np.datetime64(text, "D").astype(np.int64))


def references(people: Any, missed: list[str]) -> Table:
    """Round 19 for the same people: which of the four vaccines each is offered, the same by all."""
    rows = len(people)
    wanted = matrix_of(pa.table(decide_table(FOUR_VACCINES, people, keep=[])))
    duckdb = import_module("duckdb").connect()
    duckdb.register("people", people)
    openfisca = in_openfisca(people)
    runs = {
        "vaxpolicy: offers with days, reasons": lambda: pa.table(
            decide_table(FOUR_VACCINES, people, keep=[])
        ),
        "DuckDB, SQL written by hand for this round: yes or no": lambda: duckdb.sql(
            SQL
        ).to_arrow_table(),
        "OpenFisca-core, a variable for each vaccine: yes or no": openfisca,
    }
    answers = duckdb.sql(SQL).to_arrow_table()
    in_sql = np.stack([answers[it].to_numpy() for it in VACCINES], axis=1)
    zen, in_zen = with_zen(people)
    for name, found in (("DuckDB", in_sql), ("OpenFisca", openfisca()), ("zen-engine", in_zen)):
        if not np.array_equal(found, wanted):
            missed.append(f"{name} answers otherwise")
    taken = dict(zip(runs, seconds(*runs.values()), strict=True))
    taken["zen-engine, a decision table, a call for each person, one turn"] = zen
    return Table(
        f"One decision for {rows:,} people, beside references from the field",
        ("", "people a second", "of one core"),
        [
            (name, f"{rows / clock:,.0f}", f"{rows / used:,.0f}")
            for name, (clock, used) in taken.items()
        ],
        "Round 19. All give the same answers for all of these people; the others know the bounds as numbers"
        " beforehand and nothing of unknown facts, days and windows.",
    )


def matrix_of(decisions: Any) -> Any:
    """For each person which of the vaccines is offered."""
    offers = decisions["offers"].combine_chunks()
    found = np.zeros((len(offers), len(VACCINES)), bool)
    rows = np.repeat(np.arange(len(offers)), pc.list_value_length(offers).to_numpy())
    codes = pc.index_in(offers.flatten().field("vaccine"), pa.array(VACCINES)).to_numpy()
    found[rows, codes] = True
    return found


def with_zen(people: Any) -> tuple[tuple[float, float], Any]:
    from benchmarks.decide import zen  # noqa: PLC0415 - of an engine

    offers = zen(19)
    births, counts, lasts = numbers_of(people)
    to_ordinal = day_of("1970-01-01") - day_of("0001-01-01") + 1
    wanted = {f"wants_{it}": 10**11 for it in VACCINES}
    found = np.zeros((len(births), len(VACCINES)), bool)
    facts = zip(births.tolist(), counts.tolist(), lasts.tolist(), strict=True)
    start, used = perf_counter(), process_time()
    for row, (born, doses, last) in enumerate(facts):
        its = {"born": born + to_ordinal, "doses": doses, "last_day": last + to_ordinal}
        for _, vaccine in offers({**its, "last_of": "", "mix": False, **wanted}):
            found[row, VACCINES.index(vaccine)] = True
    return (perf_counter() - start, process_time() - used), found


def numbers_of(people: Any) -> tuple[Any, Any, Any]:
    """Birth dates, numbers of doses and days of the last dose."""
    births = people["birth_date"].combine_chunks().cast(pa.int32()).to_numpy()
    doses = people["doses"].combine_chunks()
    counts = pc.list_value_length(doses).to_numpy()
    lasts = np.full(len(births), 10**6)
    days = doses.flatten().field("on").cast(pa.int32()).to_numpy()
    lasts[counts > 0] = days[np.cumsum(counts)[counts > 0] - 1]
    return births, counts, lasts


def in_openfisca(people: Any) -> Callable[[], Any]:
    """The rule as vectors over days since 1970, in OpenFisca's own machinery."""
    entities, periods = (import_module(f"openfisca_core.{it}") for it in ("entities", "periods"))
    variables = import_module("openfisca_core.variables")
    systems = import_module("openfisca_core.taxbenefitsystems")
    simulations = import_module("openfisca_core.simulations")
    person = entities.Entity("person", "persons", "", "")
    household = entities.GroupEntity(
        "household", "households", "", "", roles=[{"key": "member", "plural": "members"}]
    )
    system = systems.TaxBenefitSystem([person, household])
    eternity = periods.DateUnit.ETERNITY
    common = {"entity": person, "definition_period": eternity}

    def given(name: str) -> Any:
        return type(name, (variables.Variable,), {"value_type": int, **common})

    def offered(vaccine: str) -> Any:
        born_by, last_by = day_of(BORN[vaccine]), day_of(LAST_DOSE)

        def formula(persons: Any, period: Any, _: Any = None) -> Any:
            two = persons("dose_count", period) == 2  # noqa: PLR2004
            due = persons("last_dose", period) <= last_by
            return two & due & (persons("born", period) <= born_by)

        members = {"value_type": bool, "formula": formula, **common}
        return type(vaccine.lower(), (variables.Variable,), members)

    facts = dict(zip(("born", "dose_count", "last_dose"), numbers_of(people), strict=True))
    system.add_variables(*map(given, facts), *map(offered, VACCINES))
    rows = len(people)

    def run() -> Any:
        simulation = simulations.SimulationBuilder().build_default_simulation(system, rows)
        for name, values in facts.items():
            simulation.set_input(name, "2022-01", values)
        return np.stack([simulation.calculate(it.lower(), "2022-01") for it in VACCINES], axis=1)

    return run


# pages


def cluster(rounds: list[Round]) -> Table:
    """The time of more cores for the country, by the time of the processor for the most rows."""
    most = max(it.rows for it in rounds)
    rates = {it.policy.id: it.rows / it.processor for it in rounds if it.rows == most}
    return Table(
        f"What a cluster would take for {COUNTRY:,} people",
        ("cores", *[f"{name}, s" for name in rates]),
        [
            (f"{cores}", *[f"{COUNTRY / rate / cores:.1f}" for rate in rates.values()])
            for cores in (1, 2, 4, 8, 16, 32, 64, 128)
        ],
        f"Computed, not measured: the time of the processor for each row, from the run of {most:,} rows above,"
        " divided among the cores. Rows do not depend on each other, and nothing is sent between workers. Starting"
        " the engine, and a disk or network slower than the cores, come on top.",
    )


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000, help="the most rows of a round")
    parser.add_argument("--people", type=int, default=1_000_000, help="people elsewhere")
    parser.add_argument("--write", action="store_true", help="write the pages")
    options = parser.parse_args()
    missed: list[str] = []
    tables: list[Table] = []

    def show(*more: Table) -> None:
        for table in more:
            print(f"\n{table}", flush=True)
            tables.append(table)

    machine = (
        f"{platform.python_implementation()} {platform.python_version()}, PyArrow {pa.__version__}, NumPy"
        f" {np.__version__}, {os.cpu_count()} cores, a load of {os.getloadavg()[0]:.1f} at the start."
    )
    print(machine, flush=True)
    people = sample_people(options.people, 1).select(["key", "birth_date", "doses"])
    with others() as folder:
        show(id_numbers(folder, NUMBERS_CHECKED, missed))
        sizes = sorted({min(size, options.rows) for size in SIZES})
        rounds, *made = a_round(folder, sizes, missed)
        show(*made, unknown_facts(options.people), references(people, missed), cluster(rounds))
    print("\nmissed: " + ("; ".join(missed) or "nothing"))
    if options.write:
        write(machine, tables)
    return 1 if missed else 0


def write(machine: str, tables: list[Table]) -> None:
    command = f"`{' '.join(['python -m benchmarks.population', *sys.argv[1:]])}`"
    measured = "\n\n".join(str(table) for table in tables)
    about = (
        f"Medians of {TURNS} turns, side by side in one run; the times belong to the machine, so compare the"
        f" ratios. {machine}"
    )
    (HERE / "population.md").write_text(
        f"# Many people at once\n\n{command} writes these tables. {about}\n\n{measured}\n", "utf-8"
    )
    page = HERE.parent / "docs/explanation/everybody.md"
    page.write_text(
        "# How long everybody takes\n\n`vaxpolicy run` and `decide_table` decide for many people at once: see"
        " [Many people at once](../reference/population.md). This page shows how long that takes here, and how long it would take on a cluster."
        f" {command} wrote this page. {about}\n\n{measured}\n",
        "utf-8",
    )


if __name__ == "__main__":
    sys.exit(main())
