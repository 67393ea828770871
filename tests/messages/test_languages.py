"""Every code has its text in all five languages, and every language keeps to its own words."""

from __future__ import annotations

import ast
import re
import tomllib
from io import BytesIO
from itertools import product
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any, get_args
from unicodedata import is_normalized

import attrs
import pytest
from babel import Locale
from babel.messages.mofile import read_mo

from tools.site import codes as code_pages
from tools.site import texts as catalogues
from vaxpolicy import _strict, _values, catalog, identity, wire
from vaxpolicy._values import InvalidValue
from vaxpolicy.analysis import lint
from vaxpolicy.booking import refusals
from vaxpolicy.booking.events import CloseReason, Status
from vaxpolicy.booking.refusals import Rejected
from vaxpolicy.booking.slots import Allocation, SlotStatus
from vaxpolicy.eligibility import OPEN_CODES, Effect, Outcome, Reason
from vaxpolicy.identity import FieldError, FieldWarning, IdentityForm, RegistryAnswer
from vaxpolicy.messages import (
    LANGUAGES,
    OUTCOMES,
    county_name,
    describe_condition,
    describe_problem,
    describe_reason,
    describe_refusal,
    texts,
    words,
)
from vaxpolicy.messages.texts import NEXT, TEXTS
from vaxpolicy.messages.values import describe_value_problem
from vaxpolicy.numbers.counties import COUNTIES
from vaxpolicy.numbers.id_numbers import Issuer, Origin, ResidencyStatus
from vaxpolicy.numbers.reading import Confusion, Number
from vaxpolicy.numbers.ui_number_advice import Application
from vaxpolicy.record import differences
from vaxpolicy.rules.compiled import compile_policy
from vaxpolicy.rules.conditions import LEAVES, NotStated, Reckoning
from vaxpolicy.rules.people import Person

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from babel.messages.catalog import Catalog

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "vaxpolicy"


TRANSLATED: tuple[str, ...] = catalogues.TRANSLATED
TRANSLATIONS: dict[str, Mapping[str, Any]] = {
    lang: catalogues.translations(lang) for lang in TRANSLATED
}


def literals(*paths: str) -> Iterator[str]:
    """Every string in these files that reads like a code of several words."""
    for path in paths:
        for file in sorted(SOURCE.glob(path)):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                match node:
                    case ast.Constant(value=str(text)) if re.fullmatch("[a-z]+(-[a-z]+)+", text):
                        yield text


def pairs(*paths: str) -> Iterator[str]:
    """The first of every two strings in a row, and what is given as `code`."""
    for path in paths:
        for node in ast.walk(ast.parse((SOURCE / path).read_text("utf-8"))):
            match node:
                case ast.Tuple(elts=[ast.Constant(value=str(code)), ast.Constant(value=str(_))]):
                    yield code
                case ast.keyword(arg="code", value=ast.Constant(value=str(code))):
                    yield code


def reasons() -> set[str]:
    reckonings = {name for kind in get_args(Reckoning) for name in get_args(kind)}
    files = ("eligibility.py", "rules/conditions/*.py", "rules/validity.py")
    return {
        *(code for leaf in LEAVES for code in (leaf.code, leaf.code_negated)),
        *OPEN_CODES.values(),
        *({*literals(*files)} - reckonings - {*_values.CODES}),
    }


def kinds() -> set[str]:
    found = set[str]()
    open_: list[type[Number]] = [Number]
    while open_:
        open_ += (kind := open_.pop()).__subclasses__()
        found |= {kind.kind} if hasattr(kind, "kind") else set()
    return found


def numbers() -> set[str]:
    files = ("numbers/reading.py", "numbers/id_numbers.py", "numbers/documents.py")
    values = {
        *(it.value for enum in (Confusion, ResidencyStatus, Issuer, Origin) for it in enum),
        *kinds(),
        *identity.FORM_HINTS,
    }
    return {*({*literals(*files)} - values), *pairs("numbers/documents.py"), "invalid"}


def codes() -> dict[str, set[str]]:
    return {
        "outcome": {it.value for it in Outcome},
        "reason": reasons(),
        "fact": {it.name for it in attrs.fields(Person)} - {"unknown_groups", "key"},
        "refusal": {*refusals.CODES},
        "form": {*identity.FORM_HINTS, "wrong-box"},
        "number": numbers(),
        "slip": {it.value for it in Confusion},
        "field": {it.name for it in attrs.fields(IdentityForm)},
        "kind": kinds(),
        "residency": {it.value for it in ResidencyStatus},
        "ui-number": {it.value for it in Application},
        "status": {it.value for it in Status},
        "close-reason": {it.value for it in CloseReason},
        "slot-status": {it.value for it in SlotStatus},
        "keeping": {it.value for it in Allocation},
        "finding": {*lint.CODES},
        "difference": {*differences.CODES},
        "value": {*_values.CODES, *_strict.CODES},
        "reckoning": {name for kind in get_args(Reckoning) for name in get_args(kind)} | {"date"},
    }


@pytest.mark.parametrize("room", sorted(codes()))
def test_every_code_has_its_text_and_every_text_its_code(room: str) -> None:
    found = {key.partition("/")[2] for key in TEXTS if key.startswith(f"{room}/")}
    assert found == codes()[room]


def test_no_table_of_codes_is_left_out() -> None:
    tables = {
        file.relative_to(SOURCE).as_posix()
        for file in SOURCE.rglob("*.py")
        if re.search(r"^CODES\b", file.read_text("utf-8"), re.MULTILINE)
    }
    assert tables == {
        "_strict.py",
        "_values.py",
        "analysis/findings.py",
        "booking/refusals.py",
        "record/differences.py",
    }


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_refused_value_is_described_by_field_and_code_and_never_with_the_value(lang: str) -> None:
    with pytest.raises(InvalidValue) as raised:
        Person(key="A123456789")
    with pytest.raises(wire.InvalidData) as unreadable:
        wire.load(Person, {"key": "A123456789", "doses": [{"vaccine": "AZ", "on": "2021-W43"}]})
    said = [describe_value_problem(raised.value, lang)]
    said += [describe_value_problem(it, lang) for it in unreadable.value.problems]
    assert [it.partition("：" if lang == "zh-Hant" else ":")[0] for it in said][:2] == [
        "key",
        "$.doses[0].on",
    ]
    assert not any("A123456789" in it or "W43" in it for it in said)
    assert len({describe_value_problem(raised.value, it) for it in LANGUAGES}) == len(LANGUAGES)


def test_every_key_of_a_policy_file_has_its_text() -> None:
    asked = {attrs.fields(leaf)[0].name for leaf in LEAVES}
    known = {key.split("/")[1] for key in TEXTS if key.startswith("condition/")}
    assert asked <= known
    assert known - asked == {"not"}


def test_what_the_registry_says_no_with_is_a_refusal() -> None:
    assert {it.value for it in RegistryAnswer} - {"matched"} == {"not-matched", "unavailable"}
    assert {"not-matched", "registry-unavailable"} <= {*refusals.CODES}


def test_every_reason_has_advice_and_every_advice_is_given() -> None:
    assert {*NEXT} == {*texts.REASONS}
    assert {*NEXT.values(), "later-day", "earlier-day"} == {*texts.ADVICE}


def questions() -> Iterator[str]:
    """The questions of the bundled policies and licences that no source answers, without their days."""
    for name in catalog.ids():
        for leaf in compile_policy(catalog.load(name)).leaves:
            if isinstance(leaf.condition, NotStated):
                yield re.sub(r"\d{4}-\d\d-\d\d", "{day}", leaf.condition.not_stated)


def test_every_open_question_has_its_text_and_every_text_its_question() -> None:
    assert {*questions()} == {*texts.QUESTIONS.values()}


def test_every_county_that_numbers_are_given_out_in_has_its_text() -> None:
    assert {it.name for it in COUNTIES.values() if it.given_out} == {*texts.COUNTIES}
    assert [county_name(it, "zh-Hant") for it in texts.COUNTIES] == [*texts.COUNTIES]


def test_every_group_has_its_name_in_every_language() -> None:
    for group in catalog.groups().values():
        assert list(group.name) == list(LANGUAGES), group.id
        assert all(it.strip() == it != "" for it in group.name.values()), group.id


def test_every_outcome_has_its_english_text() -> None:
    assert {*OUTCOMES} == {*Outcome}


def fields(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def plain(text: str) -> str:
    return re.sub(r"\{[^}]*\}", " ", text)


def singular_and_plural(text: Any) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


@pytest.mark.parametrize("lang", TRANSLATED)
def test_every_text_has_its_translation(lang: str) -> None:
    messages = list(catalogues.messages(lang))
    assert [message.context for message in messages] == list(TEXTS)
    assert [message.id for message in messages] == list(TEXTS.values())
    for message in messages:
        assert not message.fuzzy
        assert all(form.strip() for form in singular_and_plural(message.string)), message.context


def texts_in(catalogue: Catalog) -> list[tuple[Any, ...]]:
    return [(it.context, it.id, it.string) for it in catalogue if it.id]


@pytest.mark.parametrize("lang", TRANSLATED)
def test_the_compiled_catalogue_is_that_of_the_translations(lang: str) -> None:
    with catalogues.po_file(lang).with_suffix(".mo").open("rb") as file:
        committed = read_mo(file)
    made = read_mo(BytesIO(catalogues.mo(catalogues.read(lang))))
    assert texts_in(committed) == texts_in(made)


@pytest.mark.parametrize("lang", TRANSLATED)
def test_a_reworded_text_loses_its_translation(lang: str) -> None:
    catalogue = catalogues.merged(lang, {})
    assert not any(
        message.string for message in catalogue if message.id and message.string != ("",)
    )
    assert catalogues.merged(lang, TRANSLATIONS[lang]).num_plurals == 1
    assert list(Locale.parse(lang, sep="-").plural_form.tags) == []


def test_a_translation_has_the_same_places_to_fill_in() -> None:
    different = [
        f"{lang}: {key}"
        for lang in TRANSLATED
        for key, source in TEXTS.items()
        for form in (*singular_and_plural(source), *singular_and_plural(TRANSLATIONS[lang][key]))
        if fields(form) != fields(singular_and_plural(source)[0])
    ]
    assert different == []


def test_every_text_can_be_filled_in() -> None:
    not_filled = []
    for lang, (key, source), count in product(LANGUAGES, TEXTS.items(), (1, 2, 84)):
        values = dict.fromkeys(fields(singular_and_plural(source)[0]), "@")
        text = words(lang)(key, **{**values, "n": count})
        if "{" in text or text.count("@") + text.count(str(count)) < len(values):
            not_filled.append(f"{lang}: {key} with {count}")
    assert not_filled == []


def test_english_tells_one_from_many() -> None:
    say = words("en")
    assert say("condition/doses_at_least", n=1) == "at least 1 dose so far"
    assert say("condition/doses_at_least", n=2) == "at least 2 doses so far"
    for text in TEXTS.values():
        if not isinstance(text, str):
            assert text[0] != text[1]


LATIN = {"UI", "SMS", "BMI", "HPV", "IPD", "MMR", "M", "B", "I", "L", "O", "S", "Z"}  # M痘 is mpox
LATIN |= {"ARC", "JSON", "TOML", "UTF"}
ENGLISH = {
    *re.findall(
        r"[a-z]+",
        """
    a an and any are ask at book booked booking by choose count day days dose doses else find
    for from give has have hold if in is it many may month need no not of old on once one only
    or place register registered registration round rule rules source the this to vaccine
    vaccines wait was were what when which who with year years you your
""",
    )
}
OWN = {"id": {"no"}, "vi": {"an", "in"}}  # "no." is a number in Indonesian


def written(lang: str) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Every text and every name of a group: what it is, in English, in the language."""
    for key, text in TRANSLATIONS[lang].items():
        for form in singular_and_plural(text):
            yield key, singular_and_plural(TEXTS[key]), form
    for group in catalog.groups().values():
        yield group.id, (group.name["en"],), group.name[lang]


@pytest.mark.parametrize("lang", TRANSLATED)
def test_nothing_is_left_in_english(lang: str) -> None:
    for key, source, form in written(lang):
        if re.search("[A-Za-z]{2}", plain(source[0])):
            assert form not in source, key
        found = {*re.findall("[A-Za-z]+", plain(form))}
        if lang in {"zh-Hant", "th"}:
            assert found <= LATIN, key
        else:
            whole = {*re.findall(r"\w+", plain(form).lower())}
            assert not whole & (ENGLISH - OWN[lang]), key


@pytest.mark.parametrize("lang", ["zh-Hant", "vi", "th"])
def test_every_text_is_written_in_its_own_letters(lang: str) -> None:
    letters = {"zh-Hant": "[\u4e00-\u9fff]", "vi": "[^\x00-\x7f]", "th": "[\u0e00-\u0e7f]"}[lang]
    for key, source, form in written(lang):
        if re.search("[A-Za-z]{3}", plain(source[0])):
            assert re.search(letters, form), key


@pytest.mark.parametrize("lang", TRANSLATED)
def test_letters_with_marks_are_written_in_one_way(lang: str) -> None:
    for key, _, form in written(lang):
        assert is_normalized("NFC", form), key


def test_chinese_is_traditional_and_has_its_own_punctuation() -> None:
    for key, _, form in written("zh-Hant"):
        assert not re.search(
            "[这个们说时间预约种证间关开号无对请为从发点进还没过后]", form.replace("個", "")
        ), key
        assert not re.search(r"[,;:?!()] ?", form), key


def terms_in(text: str) -> Iterator[dict[str, Any]]:
    """The terms in an English text; a longer term hides a shorter one that is part of it."""
    for term in sorted(catalogues.terms(), key=lambda term: -len(term["en"])):
        spelled = "|".join(re.escape(form) for form in (term["en"], *term.get("forms", ())))
        text, found = re.subn(rf"(?<![\w-])(?:{spelled})(?![\w-])", " ", text, flags=re.IGNORECASE)
        if found:
            yield term


@pytest.mark.slow
@pytest.mark.parametrize("lang", TRANSLATED)
def test_a_term_of_the_glossary_is_the_same_word_everywhere(lang: str) -> None:
    for key, source, form in written(lang):
        if lang == "zh-Hant" and key not in TEXTS:
            continue  # a list's own wording is as it was published
        for term in terms_in(plain(source[0])):
            wanted = singular_and_plural(term[lang])
            assert any(word.lower() in form.lower() for word in wanted), (key, term["en"])


@pytest.mark.parametrize("lang", TRANSLATED)
def test_the_portal_of_the_examples_has_the_words_of_the_glossary(lang: str) -> None:
    portal = Path(__file__).parents[2] / "examples" / "portal" / "data" / "texts.toml"
    for key, text in tomllib.loads(portal.read_text("utf-8")).items():
        for term in terms_in(plain(text["en"])):
            wanted = singular_and_plural(term[lang])
            assert any(word.lower() in text[lang].lower() for word in wanted), (key, term["en"])


@pytest.mark.slow
def test_every_term_of_the_glossary_is_used() -> None:
    used = {
        term["en"]
        for text in TEXTS.values()
        for form in singular_and_plural(text)
        for term in terms_in(plain(form))
    }
    assert used == {term["en"] for term in catalogues.terms()}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_answer_can_be_given(lang: str) -> None:
    for code in texts.REASONS:
        for effect in Effect:
            text = describe_reason(Reason(code, "1a", effect, 2, "AZ"), lang)
            assert text.startswith("1a ")
    for code in refusals.CODES:
        assert describe_refusal(Rejected(code), lang)
    for box in identity.BOXES:
        for code in {*texts.FORM, *texts.NUMBERS}:
            assert describe_problem(FieldError(box, code, "compare it", ("passport",)), lang)
            assert describe_problem(FieldWarning(box, code, "compare it"), lang)


def test_conditions_of_every_bundled_policy_have_words() -> None:
    said = {
        (lang, describe_condition(leaf.condition, lang, dose=2, vaccine="AZ", negated=leaf.negated))
        for name in catalog.ids()
        for leaf in compile_policy(catalog.load(name)).leaves
        for lang in LANGUAGES
    }
    assert len(said) > len(LANGUAGES) * len(LEAVES)
    assert not any("{" in text for _, text in said)


def test_the_pages_are_up_to_date() -> None:
    assert code_pages.stale() == []
    assert catalogues.GLOSSARY_PAGE.read_text("utf-8") == catalogues.glossary_page()


def test_every_text_is_on_a_page_of_codes() -> None:
    pages = [part for area in code_pages.parts().values() for part in area]
    assert sum(len(part.codes) for part in pages) == len(TEXTS)
    text = "".join(part.text for part in pages)
    assert [key for key in TEXTS if f"## `{key.partition('/')[2]}`" not in text] == []
