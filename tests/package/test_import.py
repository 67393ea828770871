"""The costs of an import, and the examples in the docstrings."""

import doctest
import importlib
import pkgutil
import subprocess
import sys
from importlib import metadata

import pytest
from packaging.requirements import Requirement

import vaxpolicy
from tools.check_wheel import OF_AN_EXTRA

MODULES = [
    "vaxpolicy",
    *(found.name for found in pkgutil.walk_packages(vaxpolicy.__path__, "vaxpolicy.")),
]
PURE = {
    *("days", "numbers", "identity", "rules", "eligibility", "analysis", "booking", "picture"),
    "reservation",
}
JSON = {"vaxpolicy.booking.event_json", "vaxpolicy.booking.snapshots"}  # JSON with cattrs
CORE = [
    name for name in MODULES if not any(f"{name}.".startswith(f"{extra}.") for extra in OF_AN_EXTRA)
]


def packages_of_the_extras() -> set[str]:
    """Import names of what only an extra asks for."""
    wanted = [Requirement(text) for text in metadata.requires("vaxpolicy") or ()]
    extras = {requirement.name.lower() for requirement in wanted if requirement.marker}
    return {
        package
        for package, distributions in metadata.packages_distributions().items()
        if extras & {name.lower() for name in distributions} and package != "vaxpolicy"
    }


def loaded_by(statement: str) -> set[str]:
    """Top-level packages that a fresh interpreter has after the statement."""
    code = f"{statement}\nimport sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(  # noqa: S603 - our own interpreter, our own code
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_the_extras_are_known_by_their_import_names() -> None:
    assert packages_of_the_extras() >= {"click", "rich", "pyarrow", "hypothesis", "mkdocs"}
    assert not packages_of_the_extras() & {"attr", "attrs", "cattrs", "stdnum", "phonenumbers"}


def test_a_loaded_extra_would_be_seen() -> None:
    assert "rich" in loaded_by("import rich.table")


def test_importing_the_core_loads_no_extra_and_no_phone_metadata() -> None:
    assert not loaded_by(f"import {', '.join(CORE)}") & {*packages_of_the_extras(), "phonenumbers"}


def test_importing_the_pure_rooms_loads_nothing_that_reaches_out() -> None:
    """The contract "pure" of import-linter sees our own modules; this sees what they load."""
    pure = [name for name in MODULES if name.split(".")[1:2] and name.split(".")[1] in PURE]
    loaded = loaded_by(f"import {', '.join(sorted({*pure} - JSON))}")
    assert not loaded & {
        *("ssl", "socket", "select", "urllib", "http", "asyncio", "subprocess", "multiprocessing"),
        *("logging", "random", "secrets", "uuid", "tempfile", "shutil", "pathlib", "sqlite3"),
        *("pydoc", "gettext", "tomllib", "cattrs"),
    }


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_hold(name: str) -> None:
    module = importlib.import_module(name)
    assert doctest.testmod(module, optionflags=doctest.ELLIPSIS).failed == 0


def test_dir_lists_the_public_modules_and_nothing_else() -> None:
    found = {it.name for it in pkgutil.iter_modules(vaxpolicy.__path__)}
    assert dir(vaxpolicy) == sorted(name for name in found if not name.startswith("_"))


@pytest.mark.parametrize("name", dir(vaxpolicy))
def test_every_public_module_loads_as_an_attribute(name: str) -> None:
    assert getattr(vaxpolicy, name) is importlib.import_module(f"vaxpolicy.{name}")


def test_another_attribute_is_missing_in_words() -> None:
    with pytest.raises(AttributeError, match="module 'vaxpolicy' has no attribute 'rooms'"):
        getattr(vaxpolicy, "rooms")  # noqa: B009 - a name that type checkers refuse
