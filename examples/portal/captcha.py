"""A picture of digits that a program does not read off as text, and the same as sounds to count.

It keeps out the simplest programs. A portal that is attacked in earnest takes a service for it.
"""

from __future__ import annotations

import io
import math
import secrets
import struct
import wave
from typing import Final

DIGITS: Final = 4
_RATE: Final = 8_000
_CORNERS: Final = {
    "a": ((0, 0), (10, 0)), "b": ((10, 0), (10, 10)), "c": ((10, 10), (10, 20)),
    "d": ((0, 20), (10, 20)), "e": ((0, 10), (0, 20)), "f": ((0, 0), (0, 10)),
    "g": ((0, 10), (10, 10)),
}  # fmt: skip
_STROKES: Final = dict(
    enumerate(["bc", "abged", "abgcd", "fgbc", "afgcd", "afgedc", "abc", "abcdefg", "abcdfg"], 1)
)


def new() -> str:
    """Digits from 1 to 9: a sound can be counted, a silence cannot."""
    return "".join(str(secrets.randbelow(9) + 1) for _ in range(DIGITS))


def _jitter(most: int) -> float:
    return secrets.randbelow(20 * most + 1) / 10 - most


def picture(digits: str) -> str:
    """The digits as crooked strokes in an SVG."""
    lines = []
    for place, digit in enumerate(digits):
        left, top, turn = 14 + place * 26 + _jitter(3), 10 + _jitter(3), _jitter(12)
        strokes = "".join(
            f"M{x + _jitter(1):.1f} {y + _jitter(1):.1f}L{u + _jitter(1):.1f} {v + _jitter(1):.1f}"
            for (x, y), (u, v) in (_CORNERS[each] for each in _STROKES[int(digit)])
        )
        lines.append(
            f'<path transform="translate({left:.1f} {top:.1f}) rotate({turn:.1f})" d="{strokes}"/>'
        )
    noise = "".join(
        f'<path stroke-width="1" d="M0 {20 + _jitter(18):.1f}L120 {20 + _jitter(18):.1f}"/>'
        for _ in range(4)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 42" width="180" height="63">'
        '<rect width="120" height="42" fill="#fff"/><g fill="none" stroke="#333" stroke-width="2.4"'
        f' stroke-linecap="round">{"".join(lines)}{noise}</g></svg>'
    )


def _tone(pitch: float, seconds: float) -> bytes:
    count = int(_RATE * seconds)
    levels = (int(9000 * math.sin(2 * math.pi * pitch * n / _RATE)) for n in range(count))
    return struct.pack(f"<{count}h", *levels)


def sound(digits: str) -> bytes:
    """Each digit as that many beeps, with a longer pause and a low tone after it."""
    beep, short = _tone(880, 0.12), b"\0\0" * int(_RATE * 0.16)
    after = b"\0\0" * int(_RATE * 0.5) + _tone(330, 0.2) + b"\0\0" * int(_RATE * 0.5)
    out = io.BytesIO()
    with wave.open(out, "wb") as written:
        written.setparams((1, 2, _RATE, 0, "NONE", "not compressed"))
        written.writeframes(b"".join((beep + short) * int(digit) + after for digit in digits))
    return out.getvalue()
