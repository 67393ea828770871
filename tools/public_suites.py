"""Writes the cases of three public test suites, in compact form, to `tests/data/public-suites`.

    python -m tools.public_suites toml-test.git JSONTestSuite.git JSON-Schema-Test-Suite.git

The arguments are the git directories of three clones. Each file that it writes has the address and
the commit of its suite, and the text of the licence. The cases are data; none of a suite's code is
copied.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path("tests/data/public-suites")
_FORMATS: Final = "tests/draft2020-12/optional/format"
_UNIT_AND_REST: Final = re.compile(rb"((?s:.{1,8}?))\1{999,}(\s*)")


def _git(repository: str, *arguments: str) -> bytes:
    command = ("git", f"--git-dir={repository}", *arguments)
    return subprocess.run(command, check=True, capture_output=True).stdout


def _shown(repository: str, path: str) -> bytes:
    return _git(repository, "show", f"HEAD:{path}")


def _written(content: bytes) -> dict[str, Any]:
    """The content of a file as JSON: as text, as a repeated part, or in base 64."""
    repeated = _UNIT_AND_REST.fullmatch(content)
    if repeated is not None:
        unit, rest = repeated.groups()
        times = (len(content) - len(rest)) // len(unit)
        return {"repeat": unit.decode(), "times": times, "rest": rest.decode()}
    try:
        return {"text": content.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode()}


def toml_cases(repository: str) -> list[dict[str, Any]]:
    """The files that are not TOML 1.0."""
    names = _shown(repository, "tests/files-toml-1.0.0").decode().split()
    invalid = [name for name in names if name.startswith("invalid/") and name.endswith(".toml")]
    return [
        {"name": name.removeprefix("invalid/"), **_written(_shown(repository, f"tests/{name}"))}
        for name in invalid
    ]


def json_cases(repository: str) -> list[dict[str, Any]]:
    """Texts that are JSON (`y_`), that are not (`n_`), and that a reader may refuse (`i_`)."""
    names = _git(repository, "ls-tree", "-r", "-z", "--name-only", "HEAD", "test_parsing").decode()
    return [
        {"name": Path(name).name, **_written(_shown(repository, name))}
        for name in names.strip("\0").split("\0")
    ]


def format_cases(repository: str) -> list[dict[str, Any]]:
    """Values that a format of JSON Schema takes or refuses."""
    return [
        {"name": f"{kind}: {it['description']}", "data": it["data"], "valid": it["valid"]}
        for kind in ("date", "date-time", "time")
        for group in json.loads(_shown(repository, f"{_FORMATS}/{kind}.json"))
        for it in group["tests"]
    ]


_SUITES: Final = {
    "toml-test": ("https://github.com/toml-lang/toml-test", toml_cases),
    "JSONTestSuite": ("https://github.com/nst/JSONTestSuite", json_cases),
    "JSON-Schema-Test-Suite": (
        "https://github.com/json-schema-org/JSON-Schema-Test-Suite",
        format_cases,
    ),
}


def main(repositories: list[str]) -> None:
    """Write the three files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for (name, (address, cases_of)), repository in zip(_SUITES.items(), repositories, strict=True):
        found = {
            "suite": address,
            "commit": _git(repository, "rev-parse", "HEAD").decode().strip(),
            "licence": _shown(repository, "LICENSE").decode(),
            "cases": cases_of(repository),
        }
        head, _, tail = json.dumps(found, indent=1).partition('"cases"')
        lines = ",\n".join(json.dumps(case) for case in found["cases"])
        text = f'{head}"cases": [\n{lines}\n]}}\n' if tail else head
        (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
