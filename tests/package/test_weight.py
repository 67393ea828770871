"""How what is installed is measured; the measurement itself is `nox -s weight`."""

from __future__ import annotations

import sys
from pathlib import Path

from tools import weight


def test_sizes_are_those_of_the_files_with_and_without_byte_code(tmp_path: Path) -> None:
    (tmp_path / "some-1.dist-info").mkdir()
    (tmp_path / "some.py").write_bytes(b"x" * 10)
    (tmp_path / "some.pyc").write_bytes(b"x" * 7)
    record = "some.py,sha256=a,10\nsome.pyc,,\ngone.py,sha256=b,1\n"
    (tmp_path / "some-1.dist-info" / "RECORD").write_text(record)
    assert weight.sizes(tmp_path) == {"some": (10, 17)}


def test_no_room_loads_telephone_numbers_or_what_reaches_a_network() -> None:
    names = weight.loaded(Path(sys.executable), "identity")
    assert "vaxpolicy.identity" in names
    text = weight.page({"some": (2_000_000, 3_500_000)}, {"identity": names, "x": ["ssl"]})
    assert "| `some` | 2.0 | 3.5 |\n| `in all` | 2.0 | 3.5 |" in text
    assert f"| `vaxpolicy.identity` | {len(names)} | 0 | none |" in text
    assert "| `vaxpolicy.x` | 1 | 0 | ssl |" in text
