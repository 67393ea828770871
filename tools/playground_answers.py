"""CPython's answers for the playground: `python -m tools.playground_answers VECTORS LANG...`.

One line for each person of the vectors and each language, in the order of `examples/vectors.mjs`,
which prints the same under Node.js.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tools.site import playground_app

if TYPE_CHECKING:
    from collections.abc import Iterator


def answers(vectors: Path, languages: list[str]) -> Iterator[str]:
    """The answers, in the order of the files' paths."""
    files = sorted(
        (vectors / "people").rglob("*.json"), key=lambda it: it.relative_to(vectors).as_posix()
    )
    for file in files:
        content = json.loads(file.read_text("utf-8"))
        for row in content["rows"]:
            for lang in languages:
                yield playground_app.run(
                    "answer", json.dumps([row["person"], content["policy"], lang])
                )


if __name__ == "__main__":
    sys.stdout.writelines(f"{it}\n" for it in answers(Path(sys.argv[1]), sys.argv[2:]))
