"""National IDs and UI numbers: all of them as far as they can be counted, and what they tell.

The weights and letter values are here once more, written out the long way, as a second opinion.
"""

import json
import random
from datetime import date, timedelta
from itertools import combinations, product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaxpolicy.numbers.counties import COUNTIES, ENGLISH_NAMES
from vaxpolicy.numbers.id_numbers import (
    LEGACY_UI_NUMBERS_END,
    Generation,
    IdNumber,
    Issuer,
    NationalId,
    Origin,
    ResidencyStatus,
    Sex,
    UiNumber,
    is_valid_id_number,
    origin_of,
    pair_sums,
    parse_id_number,
)
from vaxpolicy.numbers.reading import (
    InvalidChecksum,
    InvalidComponent,
    InvalidFormat,
    InvalidLength,
    NumberError,
)

SEED = 1922
DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CODES = (
    *(10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21),
    *(22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33),
)
LETTER_CODES = dict(zip(LETTERS, CODES, strict=True))
SECONDS = "1289ABCD"
DOCS = Path(__file__).parents[2] / "docs" / "identity"


def fits(text: str) -> bool:
    """Whether the check digit of a well-formed text is right, by the book."""
    code = LETTER_CODES[text[0]]
    second = {"A": 0, "B": 1, "C": 2, "D": 3}.get(text[1])
    values = [code // 10, code % 10, int(text[1]) if second is None else second]
    values += [int(digit) for digit in text[2:]]
    return (
        sum(v * w for v, w in zip(values, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), strict=True)) % 10 == 0
    )


def kind_of(text: str) -> type[IdNumber]:
    return NationalId if text[1] in "12" else UiNumber


def samples(count: int, seconds: str = SECONDS) -> list[str]:
    """Valid numbers, made from the seed and the book's check digit."""
    rng = random.Random(SEED)  # noqa: S311  # no secret is made
    made = []
    for _ in range(count):
        body = rng.choice(LETTERS) + rng.choice(seconds) + f"{rng.randrange(10**7):07d}"
        made += [body + digit for digit in DIGITS if fits(body + digit)]
    return made


SERIAL = samples(1)[0][3:9]
VECTORS = json.loads((Path(__file__).parents[1] / "data" / "id_vectors.json").read_text("utf-8"))
ERRORS = {"length": InvalidLength, "format": InvalidFormat, "checksum": InvalidChecksum}


@pytest.mark.parametrize("row", VECTORS["golden"], ids=lambda row: row["value"])
def test_golden_numbers_are_read_as_their_authors_say(row: dict[str, str]) -> None:
    expected = ERRORS.get(row["result"])
    assert is_valid_id_number(row["value"]) is (expected is None)
    if expected is None:
        number = parse_id_number(row["value"])
        assert (type(number), number.value) == (kind_of(row["value"]), row["value"])
        return
    with pytest.raises(NumberError) as caught:
        parse_id_number(row["value"])
    assert type(caught.value) is expected


@pytest.mark.parametrize("row", VECTORS["computed"], ids=lambda row: row["value"])
def test_computed_numbers_are_read_as_their_kind(row: dict[str, str]) -> None:
    number = parse_id_number(row["value"], strict=True)
    kinds: dict[str, tuple[type, Generation | None]] = {
        "national_id": (NationalId, None),
        "ui_new": (UiNumber, Generation.CURRENT),
        "ui_old": (UiNumber, Generation.LEGACY),
    }
    generation = number.generation if isinstance(number, UiNumber) else None
    assert (type(number), generation) == kinds[row["kind"]]


@pytest.mark.slow
def test_every_letter_second_and_third_character_and_check_digit() -> None:
    for letter, second, third in product(LETTERS, DIGITS + LETTERS, DIGITS):
        for check in DIGITS:
            text = f"{letter}{second}{third}{SERIAL}{check}"
            given_out = second in SECONDS
            checks = second in DIGITS + "ABCD" and fits(text)
            assert is_valid_id_number(text) is (given_out and checks)
            assert NationalId.is_valid(text) is (checks and second in "12")
            assert UiNumber.is_valid(text) is (checks and second in "89ABCD")


@pytest.mark.slow
def test_every_error_of_every_second_character() -> None:
    for letter, second, check in product(LETTERS, DIGITS + LETTERS, DIGITS):
        text = f"{letter}{second}0000000{check}"
        if second in SECONDS and fits(text):
            assert type(parse_id_number(text)) is kind_of(text)
            continue
        with pytest.raises(NumberError) as caught:
            IdNumber.validate(text)
        if second not in DIGITS + "ABCD":
            expected: type[NumberError] = InvalidFormat
        else:
            expected = InvalidComponent if fits(text) else InvalidChecksum
        assert type(caught.value) is expected


@pytest.mark.slow
@given(st.sampled_from(samples(200)))
def test_the_check_digit_follows_from_the_others(text: str) -> None:
    assert IdNumber.check_digit(text[:9]) == text[9]


@pytest.mark.parametrize(
    "text", ["", "A1234567", "A123456789", "a12345678", "A1234567X", "AE1234567"]
)
def test_a_check_digit_needs_nine_canonical_characters(text: str) -> None:
    with pytest.raises(InvalidFormat) as caught:
        IdNumber.check_digit(text)
    assert caught.value.code == "not-canonical"
    assert str(caught.value).startswith(IdNumber.name)


def test_official_examples() -> None:
    assert UiNumber.parse("A800000014").value == "A800000014"
    assert not is_valid_id_number("AC12345678")  # illustrative only, on an official page
    assert not is_valid_id_number("Z596839485")  # TW Core's example


# Which typing errors the check digit catches. The sum is linear, so that it depends on the place and
# the characters there, and not on the rest of the number: a table by arithmetic, which samples of
# numbers must bear out, change by change and swap by swap.


def alphabet(index: int) -> str:
    """The characters that may be at a place of a number that is given out."""
    return (LETTERS, SECONDS, DIGITS)[min(index, 2)]


def part(index: int, character: str) -> int:
    """The addend of a character at a place."""
    if index == 0:
        code = LETTER_CODES[character]
        return code // 10 + code % 10 * 9
    value = "ABCD".index(character) if character in LETTERS else int(character)
    return value * (8, 7, 6, 5, 4, 3, 2, 1, 1)[index - 1]


def change_is_caught(index: int, a: str, b: str) -> bool:
    return b not in alphabet(index) or (part(index, a) - part(index, b)) % 10 != 0


def swap_is_caught(index: int, a: str, b: str) -> bool:
    """Of `a` at a place and `b` at the next."""
    if b not in alphabet(index) or a not in alphabet(index + 1):
        return True
    before, after = part(index, a) + part(index + 1, b), part(index, b) + part(index + 1, a)
    return (before - after) % 10 != 0


def test_every_two_characters_add_their_parts_to_the_check_digit_and_nothing_else() -> None:
    """Every pair of places with every pair of characters: no place weighs more beside another one."""
    for base in ("A10000000", "ZD9999999"):
        for one, other in combinations(range(9), 2):
            for a, b in product(alphabet(one), alphabet(other)):
                text = [*base]
                text[one], text[other] = a, b
                total = sum(part(place, character) for place, character in enumerate(text))
                assert IdNumber.check_digit("".join(text)) == str(-total % 10)


RUNS = ((0, 2), (2, 5), (5, 8), (8, 9))
"""The places whose characters are looked up together; the last one beside the check digit."""


@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{run[0] + 1} to {run[1]}")
def test_every_run_of_characters_has_the_one_check_digit_that_its_parts_ask_for(
    run: tuple[int, int],
) -> None:
    """A sum is one addend of each run, so every entry of every table proves all numbers."""
    first, end = run
    for base in ("A10000000", "ZD9999999"):
        others = sum(part(at, base[at]) for at in range(9) if not first <= at < end)
        for characters in product(*map(alphabet, range(first, end))):
            body = base[:first] + "".join(characters) + base[end:]
            own = sum(part(first + at, character) for at, character in enumerate(characters))
            right = str(-(others + own) % 10)
            assert IdNumber.check_digit(body) == right
            assert [it for it in DIGITS if is_valid_id_number(body + it)] == [right]


def test_every_pair_of_the_tables_for_columns_has_the_sum_of_its_parts() -> None:
    alphabets = [*map(alphabet, range(9)), DIGITS]
    for at, sums in zip(range(0, 10, 2), pair_sums(), strict=True):
        assert sums == {
            one + other: part(at, one) + part(at + 1, other)
            for one, other in product(alphabets[at], alphabets[at + 1])
        }


@pytest.mark.parametrize("seconds", ["12", "89", "ABCD"])
def test_every_change_and_swap_of_sample_numbers_is_caught_as_the_table_says(seconds: str) -> None:
    for text in samples(60, seconds):
        assert is_valid_id_number(text)
        for index, character in product(range(10), DIGITS + LETTERS):
            changed = text[:index] + character + text[index + 1 :]
            if changed != text:
                caught = change_is_caught(index, text[index], character)
                assert is_valid_id_number(changed) is not caught
        for index in range(9):
            a, b = text[index], text[index + 1]
            if a != b:
                swapped = text[:index] + b + a + text[index + 2 :]
                assert is_valid_id_number(swapped) is not swap_is_caught(index, a, b)


def test_weak_spots_are_those_that_are_known() -> None:
    missed = {
        index: {a + b for a, b in product(alphabet(index), repeat=2)
                if a < b and not change_is_caught(index, a, b)}
        for index in range(10)
    }  # fmt: skip
    by_five = {"05", "16", "27", "38", "49"}
    by_even = {a + b for a, b in product(DIGITS, repeat=2) if a < b and (int(b) - int(a)) % 2 == 0}
    groups = ["AMW", "BNZ", "CIP", "DOQ", "ER", "FS", "GT", "HU", "JVX", "KLY"]
    assert missed[0] == {a + b for group in groups for a in group for b in group if a < b}
    assert missed[1] == {"1B", "2C", "8D"}
    assert [missed[index] for index in (3, 4, 5, 7)] == [by_five, by_even, by_five, by_five]
    assert not any(missed[index] for index in (2, 6, 8, 9))
    assert not any(swap_is_caught(8, a, b) for a, b in product(DIGITS, repeat=2))


def groups_of(index: int) -> str:
    """The characters that the check digit cannot tell from each other at a place."""
    by_part: dict[int, str] = {}
    for character in alphabet(index):
        key = part(index, character) % 10
        by_part[key] = by_part.get(key, "") + character
    return " ".join(sorted(group for group in by_part.values() if len(group) > 1)) or "-"


def share(caught: list[bool]) -> str:
    return f"{sum(caught)} of {len(caught)}"


def detection_table() -> str:
    rows = [
        "| place | changes caught | not distinguished | swaps with the next caught |",
        "|---:|---:|---|---:|",
    ]
    for index in range(10):
        pairs = [(a, b) for a, b in product(alphabet(index), repeat=2) if a != b]
        changes = share([change_is_caught(index, a, b) for a, b in pairs])
        swaps = "-"
        if index < 9:
            neighbours = product(alphabet(index), alphabet(index + 1))
            swaps = share([swap_is_caught(index, a, b) for a, b in neighbours if a != b])
        rows.append(f"| {index + 1} | {changes} | {groups_of(index)} | {swaps} |")
    return "\n".join(rows)


def test_the_table_in_the_manual_is_the_computed_one() -> None:
    page = (DOCS / "check-digit.md").read_text("utf-8")
    assert f"<!-- computed -->\n\n{detection_table()}\n\n<!-- /computed -->" in page


@pytest.mark.parametrize(("mask", "left"), [("A12345****", 1000), ("A123***789", 100)])
def test_a_mask_leaves_few_numbers_as_the_manual_says(mask: str, left: int) -> None:
    hidden = mask.count("*")
    texts = (
        mask.replace("*" * hidden, "".join(digits)) for digits in product(DIGITS, repeat=hidden)
    )
    assert sum(map(NationalId.is_valid, texts)) == left
    assert f"`{mask}`" in (DOCS / "index.md").read_text("utf-8")


# What the parts tell


@given(st.sampled_from(samples(300)))
def test_parts_are_those_of_the_characters(text: str) -> None:
    number = parse_id_number(text)
    assert number.letter == text[0]
    assert number.county is COUNTIES[text[0]]
    assert number.sex is (Sex.MALE if text[1] in "18AC" else Sex.FEMALE)
    if isinstance(number, NationalId):
        assert number.issuer is Issuer.HOUSEHOLD_REGISTRATION
    else:
        assert number.issuer is Issuer.IMMIGRATION
        assert (number.generation is Generation.LEGACY) is (text[1] in "ABCD")


def test_every_letter_has_its_county_and_retired_ones_stay_valid() -> None:
    assert [county.letter for county in COUNTIES.values()] == list(LETTERS) == list(COUNTIES)
    names = (
        "臺北市 臺中市 基隆市 臺南市 高雄市 新北市 宜蘭縣 桃園市 嘉義市 新竹縣 苗栗縣 臺中縣 南投縣 彰化縣"
        " 新竹市 雲林縣 嘉義縣 臺南縣 高雄縣 屏東縣 花蓮縣 臺東縣 金門縣 澎湖縣 陽明山管理局 連江縣"
    )
    assert [county.name for county in COUNTIES.values()] == names.split()
    retired = {county.letter: county.name for county in COUNTIES.values() if not county.given_out}
    assert retired == {"L": "臺中縣", "R": "臺南縣", "S": "高雄縣", "Y": "陽明山管理局"}
    assert set(ENGLISH_NAMES) == set(names.split()) - set(retired.values())
    for letter in retired:
        body = f"{letter}1{SERIAL}0"
        assert NationalId.is_valid(body + IdNumber.check_digit(body))


@pytest.mark.parametrize(
    ("thirds", "status"),
    [
        ("0123456", ResidencyStatus.FOREIGN_OR_STATELESS),
        ("7", ResidencyStatus.NATIONAL_WITHOUT_HOUSEHOLD),
        ("8", ResidencyStatus.HK_MACAU),
        ("9", ResidencyStatus.PRC),
    ],
)
def test_a_current_ui_number_tells_one_status(thirds: str, status: ResidencyStatus) -> None:
    for second, third in product("89", thirds):
        body = f"A{second}{third}{SERIAL}"
        number = UiNumber.parse(body + IdNumber.check_digit(body))
        assert number.possible_statuses == {status}
        assert number.generation is Generation.CURRENT


def test_a_legacy_ui_number_tells_foreigners_from_all_others() -> None:
    foreign = {ResidencyStatus.FOREIGN_OR_STATELESS}
    for second, third in product("ABCD", DIGITS):
        body = f"A{second}{third}{SERIAL}"
        number = UiNumber.parse(body + IdNumber.check_digit(body))
        assert number.possible_statuses == (
            foreign if second in "CD" else set(ResidencyStatus) - foreign
        )


@pytest.mark.parametrize(
    ("thirds", "origin"),
    [
        ("012345", Origin.BORN_NATIONAL),
        ("6", Origin.FORMERLY_FOREIGN_OR_STATELESS),
        ("7", Origin.FORMERLY_WITHOUT_HOUSEHOLD),
        ("8", Origin.FORMERLY_HK_MACAU),
        ("9", Origin.FORMERLY_PRC),
    ],
)
def test_the_origin_is_told_on_request_alone(thirds: str, origin: Origin) -> None:
    for third in thirds:
        body = f"A1{third}{SERIAL}"
        number = NationalId.parse(body + IdNumber.check_digit(body))
        assert origin_of(number) is origin
        assert not any("origin" in name for name in dir(number))


def test_only_a_national_id_has_an_origin() -> None:
    with pytest.raises(TypeError, match=r"^number: expected a NationalId$"):
        origin_of(UiNumber.parse("A800000014"))  # type: ignore[arg-type]


# Which kind, and on which day


@pytest.mark.parametrize(
    ("cls", "text", "code", "looks_like"),
    [
        (NationalId, "A800000014", "wrong-kind", ("ui-number",)),
        (NationalId, "AB12345677", "wrong-kind", ("ui-number",)),
        (UiNumber, "A123456789", "wrong-kind", ("national-id",)),
        (NationalId, "A300000005", "unassigned-second-character", ("national-id", "ui-number")),
        (UiNumber, "A600000001", "unassigned-second-character", ("national-id", "ui-number")),
        (IdNumber, "A000000009", "unassigned-second-character", ("national-id", "ui-number")),
    ],
)
def test_a_number_of_another_kind_says_which_it_looks_like(
    cls: type[IdNumber], text: str, code: str, looks_like: tuple[str, ...]
) -> None:
    assert not cls.is_valid(text)
    with pytest.raises(InvalidComponent) as caught:
        cls.parse(text)
    error = caught.value
    assert (error.code, error.looks_like, error.position) == (code, looks_like, 1)
    assert error.allowed
    assert text[1] not in error.allowed
    assert not error.suggestions


@pytest.mark.parametrize("second", "034567")
def test_second_characters_that_are_not_given_out_are_refused(second: str) -> None:
    body = f"A{second}{SERIAL}0"
    with pytest.raises(InvalidComponent) as caught:
        parse_id_number(body + IdNumber.check_digit(body))
    assert caught.value.code == "unassigned-second-character"


@given(st.sampled_from(samples(200)), st.none() | st.dates())
def test_legacy_ui_numbers_are_refused_from_2031_on_and_no_others(
    text: str, on: date | None
) -> None:
    refused = text[1] in "ABCD" and on is not None and on >= date(2031, 1, 1)
    cls = kind_of(text)
    for is_valid in (is_valid_id_number, cls.is_valid, IdNumber.is_valid):
        assert is_valid(text, on=on) is not refused
    if not refused:
        assert cls.parse(text, on=on) == parse_id_number(text, on=on) == parse_id_number(text)
        return
    with pytest.raises(InvalidComponent) as caught:
        parse_id_number(text, on=on)
    assert caught.value.code == "format-no-longer-accepted"
    assert caught.value.looks_like == ()


def test_the_last_day_of_the_legacy_format() -> None:
    last = LEGACY_UI_NUMBERS_END - timedelta(days=1)
    assert last == date(2030, 12, 31)
    assert UiNumber.is_valid("AB12345677", on=last)
    assert not UiNumber.is_valid("AB12345677", on=LEGACY_UI_NUMBERS_END)


# The fast way and the thorough way


@given(st.sampled_from(samples(50)), st.integers(0, 9), st.characters(codec="ascii"), st.booleans())
def test_both_ways_of_reading_agree(text: str, index: int, other: str, strict: bool) -> None:
    for candidate in (text, text[:index] + other + text[index + 1 :]):
        for cls in (NationalId, UiNumber, IdNumber):
            thorough = super(IdNumber, cls).is_valid(candidate, strict=strict)
            assert cls.is_valid(candidate, strict=strict) is thorough
        assert is_valid_id_number(candidate, strict=strict) is thorough
