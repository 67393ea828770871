"""Named jobs in clean environments: `nox --list`, `nox -s tests-3.13`, `nox -s laws`.

The checks are defined in .ci/run; this file defines their environments, the other versions of
Python, and the jobs that take long.
"""

import json
import shutil
import tomllib
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.sessions = ["tests", "lint", "types", "floors", "docs", "wheel"]
nox.options.error_on_missing_interpreters = True
nox.options.reuse_venv = "yes"

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
LONG = ["tests", "-q", "--hypothesis-profile=long"]


def install(session: nox.Session) -> None:
    """The pinned tools, then this project, built and installed as a user would have it."""
    session.install("--require-hashes", "-r", "requirements/dev.txt")
    session.install("--no-deps", "--no-build-isolation", ".")


def ci(session: nox.Session, step: str) -> None:
    """A step of .ci/run with the session's tools."""
    install(session)
    session.run(".ci/run", step, external=True, env={"VAXPOLICY_BIN": session.bin})


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The tests, with every line and branch covered; arguments go to pytest."""
    install(session)
    coverage = {"COVERAGE_FILE": f"{session.create_tmp()}/coverage"}
    whole = ["--numprocesses=auto", "--dist=loadfile", "--cov"]
    session.run("pytest", *(session.posargs or whole), env=coverage)


@nox.session(python=PYTHONS[0])
def lowest(session: nox.Session) -> None:
    """The tests with the oldest dependencies that pyproject.toml allows."""
    install(session)
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    oldest = [*project["dependencies"], *extras["cli"], *extras["population"], *extras["testing"]]
    session.install(*(requirement.replace(">=", "==") for requirement in oldest))
    session.run("pytest", *session.posargs)


@nox.session(python=PYTHONS[0])
def elsewhere(session: nox.Session) -> None:
    """The tests in random order, with warnings as errors, in another zone and locale."""
    install(session)
    session.install("pytest-randomly==5.1.0")
    there = {"TZ": "America/New_York", "LC_ALL": session.posargs[0] if session.posargs else "C"}
    session.run(
        "python", "-X", "dev", "-W", "error", "-m", "pytest", "--numprocesses=auto", env=there
    )


@nox.session(python=PYTHONS[0])
def platforms(session: nox.Session) -> None:
    """The tests against the wheel on every Python that is there, in many surroundings."""
    install(session)
    session.run("python", "-m", "tools.platforms", *session.posargs)


@nox.session(python=PYTHONS[0])
def sbom(session: nox.Session) -> None:
    """List the parts of an installation with every extra, as CycloneDX: sbom.json."""
    session.install("cyclonedx-bom==7.5.0", "pip>=23.1")
    installed = f"{session.create_tmp()}/installed"
    session.run("python", "-m", "venv", "--clear", "--without-pip", installed)  # pip is no part
    inside = f"{installed}/bin/python"
    session.run("python", "-m", "pip", "--python", inside, "install", "--quiet", ".[all]")
    told = ["--pyproject", "pyproject.toml", "--output-reproducible", "--output-file", "sbom.json"]
    session.run("cyclonedx-py", "environment", *told, installed)
    # pyproject.toml does not have the version, so the list lacks it.
    say = "import importlib.metadata as it; print(it.version('vaxpolicy'), end='')"
    version = session.run(inside, "-c", say, external=True, silent=True)
    place = Path("sbom.json")
    parts = json.loads(place.read_text(encoding="utf-8"))
    parts["metadata"]["component"]["version"] = version
    place.write_text(json.dumps(parts, indent=2) + "\n", encoding="utf-8")


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff, every rule, and the format."""
    ci(session, "lint")


@nox.session
def types(session: nox.Session) -> None:
    """Mypy, strict."""
    ci(session, "types")


@nox.session
def floors(session: nox.Session) -> None:
    """Each room imports only from below."""
    ci(session, "floors")


@nox.session
def docs(session: nox.Session) -> None:
    """The site, where a warning is an error."""
    ci(session, "docs")


@nox.session
def archive(session: nox.Session) -> None:
    """The site to read from a folder, without a server: dist/vaxpolicy-docs.zip."""
    install(session)
    folder = Path(session.create_tmp(), "vaxpolicy-docs")
    offline = {"OFFLINE": "true", "VAXPOLICY_WHOLE_SITE": "1", "NO_MKDOCS_2_WARNING": "1"}
    session.run("mkdocs", "build", "--strict", "--site-dir", str(folder.absolute()), env=offline)
    made = shutil.make_archive("dist/vaxpolicy-docs", "zip", folder.parent, folder.name)
    session.log(f"unpack {made} and open vaxpolicy-docs/index.html")


@nox.session
def wheel(session: nox.Session) -> None:
    """The wheel from the sdist, installed alone."""
    ci(session, "wheel")


@nox.session(python=PYTHONS[0])
def fuzz(session: nox.Session) -> None:
    """Coverage-guided fuzzing of every parser and loader; arguments: `--seconds 60 TARGET...`."""
    install(session)
    session.install("atheris==3.0.0")
    session.run("python", "-m", "tools.fuzz", *session.posargs)


@nox.session
def laws(session: nox.Session) -> None:
    """Every law with 5,000 examples instead of 100; takes long."""
    install(session)
    session.run("pytest", *(session.posargs or LONG))


@nox.session(name="brute-force")
def brute_force(session: nox.Session) -> None:
    """Decisions about partly known people against every way in which the facts turn out."""
    install(session)
    session.run("python", "-m", "tools.brute_force", *(session.posargs or ["--people", "1000"]))


@nox.session(name="policy-numbers")
def policy_numbers(session: nox.Session) -> None:
    """Change every number of every policy by one: a boundary person notices, but for a list."""
    install(session)
    every = ["-m", "slow", "tests/analysis/test_mutations.py"]
    session.run("pytest", *every, *session.posargs, env={"VAXPOLICY_EVERY_NUMBER": "1"})


@nox.session
def races(session: nox.Session) -> None:
    """A hundred races for twenty places and twelve kills in a burst, on SQLite and PostgreSQL."""
    install(session)
    every = ["-m", "not browser", "tests/desk/test_races.py"]
    session.run("pytest", *every, *session.posargs, env={"VAXPOLICY_RACES": "100"})


@nox.session
def driver(session: nox.Session) -> None:
    """A random driver of reservations takes 200,000 steps; another seed: `-- --seed 2`."""
    install(session)
    session.run("python", "tests/booking/driver.py", "--steps", "200000", *session.posargs)


@nox.session(python=PYTHONS[0])
def mutation(session: nox.Session) -> None:
    """Break the code in one place at a time; arguments: `run days --size 20`, `show`, `page`."""
    install(session)
    session.install("mutmut==3.8.1", "libcst==1.9.0")
    session.run("python", "-m", "tools.mutation", *(session.posargs or ["run"]))


@nox.session(python=PYTHONS[0])
def weight(session: nox.Session) -> None:
    """What an installation brings and each room loads, into the docs."""
    install(session)
    session.run("python", "-m", "tools.weight")


@nox.session(python=PYTHONS[0])
def benchmarks(session: nox.Session) -> None:
    """All benchmarks beside their peers, into the docs; on a quiet machine. `--tiny` tries them."""
    install(session)
    for name in ("decide", "reservation"):
        session.install("-r", f"benchmarks/requirements-{name}.txt")
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the figures of benchmarks/README.md; on a quiet machine."""
    install(session)
    for script in session.posargs or ["import_time.py"]:
        session.run("python", f"benchmarks/{script}")
