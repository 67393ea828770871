"""The promises of a release about itself, and the things that must never be committed."""

import re
import subprocess
import tomllib
from functools import cache
from importlib import metadata, resources
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import vaxpolicy
from tools.package_readme import ReadmeHook, with_addresses

ROOT = Path(__file__).parents[2]

# Spelt in pieces, so that this file does not hold what it looks for.
HOSTS = ["pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "npmjs" + ".com"]
ABSOLUTE = re.compile(r"(?<![\w.-])(?:/(?:home|root|work|Users)/|[A-Z]:\\Users\\)[\w.]")


@cache
def committed() -> tuple[Path, ...]:
    # safe.directory: a checkout may belong to another user than the one who runs the tests.
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)  # noqa: S603 - fixed
    paths = [ROOT / name.decode() for name in done.stdout.split(b"\0") if name]
    return tuple(path for path in paths if path.is_file())


def text_of(path: Path) -> str:
    return path.read_bytes().decode(errors="replace")


def test_the_version_is_the_installed_one_and_in_normal_form() -> None:
    assert str(Version(vaxpolicy.__version__)) == vaxpolicy.__version__
    assert metadata.version("vaxpolicy") == vaxpolicy.__version__


def test_the_changelog_has_a_section_for_this_version() -> None:
    version = Version(vaxpolicy.__version__)
    section = "Unreleased" if version.is_prerelease else vaxpolicy.__version__
    heading = rf"^## \[?{re.escape(section)}\]?( - \d{{4}}-\d\d-\d\d)?$"
    assert re.search(heading, text_of(ROOT / "CHANGELOG.md"), re.MULTILINE)


def test_the_package_says_that_it_is_typed() -> None:
    assert resources.files(vaxpolicy).joinpath("py.typed").is_file()


def test_the_licence_is_installed_with_the_package() -> None:
    assert metadata.metadata("vaxpolicy")["License-Expression"] == "MIT"
    licences = [path for path in metadata.files("vaxpolicy") or () if path.name == "LICENSE"]
    assert [path.read_text() for path in licences] == [text_of(ROOT / "LICENSE")]


def test_the_readme_of_the_package_has_addresses_in_the_place_of_paths() -> None:
    found: dict[str, dict[str, str]] = {}
    ReadmeHook(str(ROOT), {}).update(found)
    assert found["readme"]["content-type"] == "text/markdown"
    assert found["readme"]["text"].startswith("# vaxpolicy\n")
    assert not re.search(r"\]\((?!https://|#)", found["readme"]["text"])
    released = with_addresses("![A](docs/a.svg) [b](docs/b.md#c) [d](#e) [f](https://g.h)", "1.0.0")
    assert released == (
        "![A](https://github.com/vaxpolicy/vaxpolicy/raw/v1.0.0/docs/a.svg)"
        " [b](https://github.com/vaxpolicy/vaxpolicy/blob/v1.0.0/docs/b.md#c) [d](#e) [f](https://g.h)"
    )


def test_the_extras_have_their_names() -> None:
    names = metadata.metadata("vaxpolicy").get_all("Provides-Extra") or []
    assert {"cli", "population", "testing", "docs", "dev", "all"} <= set(names)


def test_every_direct_dependency_is_pinned_with_hashes_within_its_bounds() -> None:
    lines = text_of(ROOT / "requirements/dev.txt").replace("\\\n", " ").splitlines()
    pinned = [line.split("--hash=") for line in lines if line.strip()]
    assert all(len(parts) > 1 for parts in pinned)
    pins = [Requirement(parts[0]) for parts in pinned]
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    wanted = [Requirement(text) for group in groups for text in group]
    assert wanted
    for requirement in wanted:
        if requirement.name != "vaxpolicy":
            versions = [pin.specifier for pin in pins if pin.name == requirement.name]
            assert versions, f"{requirement.name} is not pinned"
            for version in versions:
                (exact,) = version
                assert exact.operator == "=="
                assert requirement.specifier.contains(exact.version)


@pytest.mark.parametrize("text", ["see /{}/someone", '"/{}/x"', "(/{}/.x)", "C:\\{}\\me"])
def test_an_absolute_path_would_be_found(text: str) -> None:
    assert ABSOLUTE.search(text.format("Users"))


@pytest.mark.parametrize(
    "text", ["../work/x", "https://example.org/home/x", "docs/root/x", "a / b"]
)
def test_other_paths_are_left_alone(text: str) -> None:
    assert not ABSOLUTE.search(text)


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout")
def test_no_committed_file_holds_an_absolute_path_or_the_host_of_a_package_registry() -> None:
    assert committed()
    found = [
        f"{path.relative_to(ROOT)}: {', '.join(what)}"
        for path in committed()
        for text in [text_of(path)]
        if (what := [*ABSOLUTE.findall(text), *(host for host in HOSTS if host in text)])
    ]
    assert not found
