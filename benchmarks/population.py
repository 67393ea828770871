"""Many people at once, side by side with what else could do it. Prints the tables of population.md.

    python -m benchmarks.population            one million people
    python -m benchmarks.population --whole    the whole country too: 23.5 million, a few minutes

Polars, DuckDB, zen-engine and npm's taiwan-id-validator take part where they are installed; the
package of npm is looked for in the folder that TAIWAN_ID_VALIDATOR names.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from vaxpolicy import catalog
from vaxpolicy.population import decide_table, sample_batches, sample_people, valid_id_numbers

if TYPE_CHECKING:
    from collections.abc import Callable

TURNS = 5
POLICY = catalog.load("tw/covid19-1922/round-19")  # four offers
COLUMNS = ["key", "birth_date", "doses"]


def seconds(*runs: Callable[[], object]) -> list[float]:
    """The median of five turns of each, one after the other in each turn."""
    taken: list[list[float]] = [[] for _ in runs]
    for _ in range(TURNS):
        for place, run in enumerate(runs):
            start = perf_counter()
            run()
            taken[place].append(perf_counter() - start)
    return [median(each) for each in taken]


# ID numbers


def in_polars(numbers: Any) -> Callable[[], object]:
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
const times = [];
let valid = 0;
for (let turn = 0; turn < 5; turn++) {
  const start = process.hrtime.bigint();
  valid = 0;
  for (const each of lines) if (check(each)) valid++;
  times.push(Number(process.hrtime.bigint() - start) / 1e9);
}
times.sort((x, y) => x - y);
console.log(JSON.stringify({seconds: times[2], valid, rows: lines.length}));
"""


def in_node(numbers: Any) -> float | None:
    """npm's taiwan-id-validator; None where it is not there."""
    package = os.environ.get("TAIWAN_ID_VALIDATOR")
    if not package:
        return None
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(numbers.to_pylist()))
        file.flush()
        done = subprocess.run(
            ["node", "-e", NODE, package, file.name], capture_output=True, text=True, check=True
        )
    found = json.loads(done.stdout)
    assert found["valid"] == len(numbers)
    return float(found["seconds"])


def id_numbers(rows: int) -> None:
    numbers = sample_people(rows, 1)["id_number"].combine_chunks()
    assert valid_id_numbers(numbers).true_count == rows
    names = ["valid_id_numbers"]
    runs: list[Callable[[], object]] = [lambda: valid_id_numbers(numbers)]
    if find_spec("polars"):
        names.append("a Polars expression")
        runs.append(in_polars(numbers))
    taken = dict(zip(names, seconds(*runs), strict=True))
    node = in_node(numbers)
    if node is not None:
        taken["npm taiwan-id-validator"] = node
    own = taken["valid_id_numbers"]
    print("\n| check | million a second | times slower |\n|---|---:|---:|")
    for name, each in taken.items():
        print(f"| {name} | {rows / each / 1e6:.1f} | {each / own:.1f} |")


# a round


def write_people(file: Path, rows: int) -> None:
    batches = sample_batches(rows, 1)
    first = next(batches)
    with pq.ParquetWriter(file, first.schema) as writer:
        writer.write_batch(first)
        for batch in batches:
            writer.write_batch(batch)


def write_decisions(people: Any, out: Path) -> int:
    reader = decide_table(POLICY, people, keep=[])
    written = 0
    with pq.ParquetWriter(out, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
            written += batch.num_rows
    return written


def write_only(decisions: Path) -> Callable[[Path], None]:
    """Writing alone, from memory, so that reading the decisions does not count."""
    table = pq.read_table(decisions)

    def write(out: Path) -> None:
        pq.write_table(table, out)

    return write


def a_round(folder: Path, sizes: list[int]) -> None:
    print("\n| rows | decide, s | PyArrow read and write, s | times | million rows a second |")
    print("|---:|---:|---:|---:|---:|")
    for rows in sizes:
        people, decisions = folder / "people.parquet", folder / "decisions.parquet"
        write_people(people, rows)
        assert write_decisions(people, decisions) == rows
        write = write_only(decisions)

        def bare(people: Path = people, write: Any = write) -> None:
            for _ in pq.ParquetFile(people).iter_batches(columns=COLUMNS):
                pass
            write(folder / "copy.parquet")

        def own_way(people: Path = people) -> None:
            write_decisions(people, folder / "again.parquet")

        own, other = seconds(own_way, bare)
        print(
            f"| {rows:,} | {own:.2f} | {other:.2f} | {own / other:.2f} | {rows / own / 1e6:.2f} |"
        )


def peak(folder: Path, rows: int) -> None:
    """The most memory of a process that decides for a file and does nothing else."""
    people = folder / "people.parquet"
    write_people(people, rows)
    code = (
        "from pathlib import Path\nfrom benchmarks.population import write_decisions\n"
        f"write_decisions(Path({str(people)!r}), Path({str(folder / 'd.parquet')!r}))\n"
        "import resource\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    print(f"\nPeak memory for {rows:,} rows: {int(done.stdout) / 1024:.0f} MB")


def unknown_facts(rows: int) -> None:
    """1 % and all of the rows have a fact that is not known."""
    people = sample_people(rows, 1).select(COLUMNS).combine_chunks()
    chance = np.random.default_rng(1)
    print("\n| rows with an unknown fact | million rows a second |\n|---|---:|")
    for name, share in (("none", 0.0), ("1 %", 0.01), ("all", 1.0)):
        known = pa.array(chance.random(rows) >= share)
        doses = pa.compute.if_else(
            known, people["doses"].combine_chunks(), pa.scalar(None, people["doses"].type)
        )
        table = people.set_column(2, "doses", doses)
        (taken,) = seconds(lambda table=table: pa.table(decide_table(POLICY, table)))  # type: ignore[misc]
        print(f"| {name} | {rows / taken / 1e6:.2f} |")


# references from the field

SQL = """
SELECT key, len(doses) = 2 AND doses[2].on <= DATE '2021-10-31'
    AND birth_date <= DATE '2004-01-23' AS az,
  len(doses) = 2 AND doses[2].on <= DATE '2021-10-31'
    AND birth_date <= DATE '2002-01-23' AS medigen
FROM people
"""


def references(rows: int) -> None:
    people = sample_people(rows, 1).select(COLUMNS)
    names = ["vaxpolicy, offers with days, reasons"]
    runs: list[Callable[[], object]] = [lambda: pa.table(decide_table(POLICY, people))]
    if find_spec("duckdb"):
        duckdb = import_module("duckdb")
        connection = duckdb.connect()
        connection.register("people", people)
        names.append("DuckDB SQL, written by hand for this round: yes or no")
        runs.append(lambda: connection.sql(SQL).arrow())
    taken = list(zip(names, seconds(*runs), [rows] * len(names), strict=True))
    if find_spec("zen"):
        taken.append(("zen-engine, a decision table: yes or no", *in_zen(people, 20_000)))
    if find_spec("openfisca_core"):
        taken.append(("OpenFisca-core, variables: yes or no", *in_openfisca(people)))
    print("\n| one decision for many | million people a second |\n|---|---:|")
    for name, each, count in taken:
        print(f"| {name} | {count / each / 1e6:.3f} |")


def in_zen(people: Any, rows: int) -> tuple[float, int]:
    """One call a person, as its Python package has it; timed on fewer people."""
    from benchmarks.decide import zen  # noqa: PLC0415 - of an engine

    offers = zen(19)
    facts = [
        {
            "born": row["birth_date"].toordinal(),
            "doses": len(row["doses"]),
            "last_of": "",
            "last_day": max((it["on"].toordinal() for it in row["doses"]), default=0),
            "mix": False,
            **{f"wants_{it}": 10**11 for it in ("AZ", "BNT", "Moderna", "Medigen")},
        }
        for row in people.slice(0, rows).to_pylist()
    ]
    (taken,) = seconds(lambda: [offers(each) for each in facts])
    return taken, rows


def in_openfisca(people: Any) -> tuple[float, int]:
    """The rule as vectors over days since 1970, in OpenFisca's own machinery."""
    core = import_module("openfisca_core")
    del core
    entities, periods = (import_module(f"openfisca_core.{it}") for it in ("entities", "periods"))
    variables = import_module("openfisca_core.variables")
    systems = import_module("openfisca_core.taxbenefitsystems")
    builders = import_module("openfisca_core.simulations")
    person = entities.Entity("person", "persons", "", "")
    household = entities.GroupEntity(
        "household", "households", "", "", roles=[{"key": "member", "plural": "members"}]
    )
    system = systems.TaxBenefitSystem([person, household])
    eternity = periods.DateUnit.ETERNITY

    def given(name: str) -> Any:
        return type(
            name,
            (variables.Variable,),
            {"value_type": int, "entity": person, "definition_period": eternity},
        )

    def formula(persons: Any, period: Any, _: Any = None) -> Any:
        two = persons("dose_count", period) == 2  # noqa: PLR2004
        return two & (persons("last_dose", period) <= LAST) & (persons("born", period) <= BORN)

    eligible = type(
        "eligible",
        (variables.Variable,),
        {"value_type": bool, "entity": person, "definition_period": eternity, "formula": formula},
    )
    system.add_variables(given("born"), given("dose_count"), given("last_dose"), eligible)
    births = people["birth_date"].cast(pa.int32()).to_numpy()
    doses = people["doses"].combine_chunks()
    counts = pa.compute.list_value_length(doses).to_numpy()
    lasts = np.full(len(births), -(10**6))
    at = doses.offsets.to_numpy()[1:]
    days = doses.values.field("on").cast(pa.int32()).to_numpy()
    lasts[counts > 0] = days[at[counts > 0] - 1]

    def run() -> None:
        simulation = builders.SimulationBuilder().build_default_simulation(system, len(births))
        for name, values in (("born", births), ("dose_count", counts), ("last_dose", lasts)):
            simulation.set_input(name, "2022-01", values)
        simulation.calculate("eligible", "2022-01")

    (taken,) = seconds(run)
    return taken, len(births)


LAST = 18931  # 2021-10-31
BORN = 12440  # 2004-01-23


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    print(f"pyarrow {pa.__version__}, NumPy {np.__version__}, {os.cpu_count()} cores")
    id_numbers(options.rows)
    with tempfile.TemporaryDirectory() as name:
        a_round(Path(name), [options.rows, 23_500_000] if options.whole else [options.rows])
    unknown_facts(options.rows)
    references(options.rows)
    with tempfile.TemporaryDirectory() as name:
        peak(Path(name), 23_500_000 if options.whole else options.rows)
    print(f"peak of this run: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
