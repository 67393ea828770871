"""Check an installed wheel, alone with its core dependencies: `python -I check_wheel.py WHEEL`.

Run it in an environment that holds the wheel and nothing of the extras, isolated from the checkout.
"""

import importlib
import pkgutil
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from zipfile import ZipFile

SOURCE = Path(__file__).parents[1] / "src"
OF_AN_EXTRA = {
    *("vaxpolicy.cli", "vaxpolicy.cli.visitors", "vaxpolicy.messages", "vaxpolicy.population"),
    "vaxpolicy.desk.postgres",
    "vaxpolicy.testing",
}
PROBLEMS: list[str] = []


def holds(what: str, *, condition: bool) -> None:
    """Remember what does not hold."""
    if not condition:
        PROBLEMS.append(what)


def the_environment_is_bare() -> None:
    """Else the rest would prove nothing."""
    wanted = metadata.requires("vaxpolicy") or ()
    of_extras = {re.split(r"[^\w.-]", text)[0] for text in wanted if "extra ==" in text}
    installed = {str(found.metadata["Name"]) for found in metadata.distributions()}
    holds("some dependencies belong to extras", condition="click" in of_extras)
    holds(
        f"no extra is installed, but {of_extras & installed}", condition=not of_extras & installed
    )


def it_is_this_wheel(wheel: Path) -> None:
    """What is installed is the wheel that was named. `tools/build.py` has compared its files."""
    packed = ZipFile(wheel)
    version = metadata.version("vaxpolicy")
    holds(
        "the wheel's name has the version", condition=wheel.name.startswith(f"vaxpolicy-{version}-")
    )
    holds("the wheel says that it is typed", condition="vaxpolicy/py.typed" in packed.namelist())
    installed = metadata.distribution("vaxpolicy")
    different = [
        name
        for name in packed.namelist()
        if name.startswith("vaxpolicy/")
        and Path(str(installed.locate_file(name))).read_bytes() != packed.read(name)
    ]
    holds(f"the installed files are those of the wheel, but {different}", condition=not different)


def the_core_imports() -> None:
    """`import vaxpolicy` works alone and stays light; so does every module that is of no extra."""
    package = importlib.import_module("vaxpolicy")
    holds(
        "the installed package is tested",
        condition=SOURCE not in Path(package.__file__ or "").parents,
    )
    holds("the versions agree", condition=package.__version__ == metadata.version("vaxpolicy"))
    holds("import vaxpolicy loads no phonenumbers", condition="phonenumbers" not in sys.modules)
    for found in pkgutil.walk_packages(package.__path__, "vaxpolicy."):
        if not any(f"{found.name}.".startswith(f"{extra}.") for extra in OF_AN_EXTRA):
            importlib.import_module(found.name)


def the_policies_load() -> None:
    """Every bundled policy file is found and read from the installed package."""
    catalog = importlib.import_module("vaxpolicy.catalog")
    ids = list(catalog.ids())
    holds("there are bundled policies", condition=bool(ids))
    for name in ids:
        holds(f"{name} loads under its id", condition=catalog.load(name).id == name)


def the_command_says_what_it_lacks() -> None:
    """Without the extra `cli` the command is one line of advice and exit code 2."""
    command = Path(sys.executable).with_name("vaxpolicy")
    done = subprocess.run([command, "demo"], capture_output=True, text=True, check=False)
    holds(f"it exits with 2, not {done.returncode}", condition=done.returncode == 2)  # noqa: PLR2004 - usage error
    lines = (done.stdout + done.stderr).splitlines()
    holds(
        f"one line says to install vaxpolicy[cli], got {lines}",
        condition=len(lines) == 1 and "vaxpolicy[cli]" in lines[0],
    )


if __name__ == "__main__":
    the_environment_is_bare()
    it_is_this_wheel(Path(sys.argv[1]))
    the_core_imports()
    the_policies_load()
    the_command_says_what_it_lacks()
    for problem in PROBLEMS:
        print("wheel:", problem)
    print(f"wheel: {len(PROBLEMS)} problems")
    sys.exit(bool(PROBLEMS))
