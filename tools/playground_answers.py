"""CPython's answers for the playground: `python -m tools.playground_answers VECTORS LANG...`.

One line for each person of the vectors and each language, in the order of `examples/vectors.mjs`,
which prints the same under Node.js. With `--every N` only each Nth person of a file is asked.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tools.site import playground_app

if TYPE_CHECKING:
    from collections.abc import Iterator


def answers(vectors: Path, languages: list[str], every: int = 1) -> Iterator[str]:
    """The answers, in the order of the files' paths."""
    files = sorted(
        (vectors / "people").rglob("*.json"), key=lambda it: it.relative_to(vectors).as_posix()
    )
    for file in files:
        content = json.loads(file.read_text("utf-8"))
        for row in content["rows"][::every]:
            for lang in languages:
                yield playground_app.run(
                    "answer", json.dumps([row["person"], content["policy"], lang])
                )


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("vectors", type=Path)
    options.add_argument("languages", nargs="+", metavar="LANG")
    options.add_argument("--every", type=int, default=1, metavar="N")
    asked = options.parse_args()
    told = answers(asked.vectors, asked.languages, asked.every)
    sys.stdout.writelines(f"{it}\n" for it in told)
