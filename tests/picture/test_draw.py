"""Pictures as SVG: well-formed, alike for the like, and right where it can be measured."""

import re
from datetime import date, datetime
from functools import cache
from xml.etree import ElementTree as ET

import pytest
from attrs import evolve

from vaxpolicy import catalog
from vaxpolicy.days import TAIWAN
from vaxpolicy.eligibility import Dose, Person, Willingness, decide
from vaxpolicy.messages import LANGUAGES, picture_labels
from vaxpolicy.picture import policy_svg, timeline_svg, windows_svg
from vaxpolicy.picture.svg import LINE, WIDTH, Canvas, lines_of, width
from vaxpolicy.rules.conditions import AgeAtMost, Condition
from vaxpolicy.rules.policy import Policy, Stage, VaccinationDays, Window

SVG = "{http://www.w3.org/2000/svg}"
MARGIN = 8
ALL = [catalog.load(name) for name in catalog.ids()]
ROUND_19 = catalog.load("tw/covid19-1922/round-19")


def drawn(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314  # our own text


def texts(svg: str) -> list[str]:
    return [it.text or "" for it in drawn(svg).iter(f"{SVG}text")]


def shapes(svg: str, kind: str) -> list[list[tuple[float, float]]]:
    """The corners of each shape of a kind, "sure" or "open", without that of the legend."""
    found = [
        [(float(x), float(y)) for x, y in (at.split(",") for at in it.attrib["points"].split())]
        for it in drawn(svg).iter(f"{SVG}polygon")
        if f"-{kind})" in it.attrib["fill"]
    ]
    return found[1:]


def placed(svg: str, kind: str) -> list[list[tuple[float, float]]]:
    """The shapes, each from its own top: a text that needs a second line moves what is below it."""
    return [
        [(x, round(y - min(it for _, it in shape), 1)) for x, y in shape]
        for shape in shapes(svg, kind)
    ]


def ends(shape: list[tuple[float, float]]) -> tuple[float, float]:
    return min(x for x, _ in shape), max(x for x, _ in shape)


@cache
def pictures(policy: Policy, lang: str = "en") -> tuple[str, str]:
    """A policy by birth date, and by its windows."""
    labels = picture_labels(lang)
    return policy_svg(policy, labels), windows_svg(policy, labels)


def place(value: float, low: float, high: float) -> float:
    return MARGIN + (value - low) / (high - low) * (WIDTH - 2 * MARGIN)


def place_of_birth(born: date, last: int) -> float:
    low, high = date(1920, 1, 1).toordinal(), date(last, 12, 31).toordinal()
    return place(born.toordinal(), low, high)


@pytest.mark.slow
@pytest.mark.parametrize("policy", ALL, ids=lambda policy: policy.id)
def test_pictures_are_well_formed_and_stay_within_their_frame(policy: Policy) -> None:
    for svg in pictures(policy):
        root = drawn(svg)
        assert root.tag == f"{SVG}svg"
        _, _, width, height = map(float, root.attrib["viewBox"].split())
        assert width == WIDTH
        title = root.find(f"{SVG}title")
        assert title is not None
        assert title.text == root.attrib["aria-label"]
        for it in root.iter(f"{SVG}text"):
            assert 0 <= float(it.attrib["x"]) <= width
            assert 10 <= float(it.attrib["y"]) <= height
        for it in [*root.iter(f"{SVG}polygon"), *root.iter(f"{SVG}polyline")]:
            for corner in it.attrib["points"].split():
                x, y = map(float, corner.split(","))
                assert 0 <= x <= width
                assert 0 <= y <= height


@pytest.mark.slow
@pytest.mark.parametrize("policy", ALL, ids=lambda policy: policy.id)
def test_pictures_load_and_run_nothing_and_are_the_same_each_time(policy: Policy) -> None:
    for svg, draw in zip(pictures(policy), (policy_svg, windows_svg), strict=True):
        assert svg == draw(policy)
        assert not re.search(r"<script|<image|<style|href|\bon[a-z]+=|@import", svg)
        assert set(re.findall(r"url\(([^)]*)\)", svg)) <= {
            "#days-sure",
            "#days-open",
            "#windows-sure",
            "#windows-open",
        }
        assert re.findall(r'(?:fill|stroke)="#', svg) == []


@pytest.mark.slow
@pytest.mark.parametrize("policy", ALL, ids=lambda policy: policy.id)
def test_every_rule_and_window_in_force_is_in_its_picture(policy: Policy) -> None:
    by_birth, windows = map(texts, pictures(policy))
    for stage in policy.stages:
        for rule in stage.rules:
            line = f"{rule.id}: dose {rule.dose} of {', '.join(rule.vaccines)}"
            assert line in by_birth
        assert stage.id in windows
    number = sum(len(stage.windows) for stage in policy.stages)
    kind = "window" if policy.licences_apply else "registration"
    assert sum(text.split(":")[0] == kind for text in windows) == number


def test_a_band_ends_at_the_last_birth_date_that_the_rule_admits() -> None:
    svg = policy_svg(ROUND_19)
    assert "born by 2004-01-23" in texts(svg)
    (band,) = shapes(svg, "sure")
    left, right = ends(band)
    assert left == MARGIN
    assert right == pytest.approx(place_of_birth(date(2004, 1, 24), 2022), abs=0.1)
    assert shapes(svg, "open") == []


def test_a_band_between_two_ages_has_two_ends() -> None:
    policy = catalog.load("tw/covid19-1922/round-10")
    assert "born 1957-01-01 to 1971-12-31" in texts(policy_svg(policy))
    band = shapes(policy_svg(policy), "sure")[0]
    assert ends(band) == pytest.approx(
        (place_of_birth(date(1957, 1, 1), 2021), place_of_birth(date(1972, 1, 1), 2021)), abs=0.1
    )


def test_births_that_two_reckonings_place_differently_are_open() -> None:
    policy = catalog.load("tw/covid19-1922/round-05")
    svg = policy_svg(policy)
    assert "born by 1956-08-11" in texts(svg)
    assert "open: born 1956-08-12 to 1956-12-31" in texts(svg)
    assert shapes(svg, "open")


def test_where_no_day_is_stated_nothing_is_sure() -> None:
    svg = policy_svg(catalog.load("tw/covid19-1922/round-01"))
    assert shapes(svg, "sure") == []
    assert len(shapes(svg, "open")) == 1
    assert any(text.startswith("base: days not stated, within") for text in texts(svg))


def test_an_age_reached_in_the_course_of_the_days_slants_the_band() -> None:
    policy = catalog.load("tw/influenza/2025")
    listed = shapes(policy_svg(policy), "sure")[0]
    assert len(listed) > 20
    (_, top), *_ = listed
    corner = max(x for x, y in listed if y == top)
    assert max(x for x, _ in listed) > corner


def test_a_second_dose_is_for_those_who_were_young_enough_for_the_first() -> None:
    svg = policy_svg(catalog.load("tw/covid19/2025"))
    found = texts(svg)
    at = found.index("children-second: dose 2 of Moderna")
    assert found[at + 1] == "born 2020-10-02 to 2025-10-30"
    assert found[at + 2].startswith("open: born")
    assert "by" not in found[at + 2]


def test_a_season_that_begins_earlier_lets_older_children_have_had_the_first_dose() -> None:
    """The earlier dose counts from the season's first day on; a child was under five then."""
    policy = catalog.load("tw/covid19/2025")
    (asked,) = (
        (stage, rule)
        for stage in policy.stages
        for rule in stage.rules
        if rule.id == "children-second"
    )
    stages = (evolve(asked[0], rules=(asked[1],)),)
    for begins, eldest in ((date(2025, 10, 1), None), (date(2025, 9, 1), "2020-09-02")):
        found = texts(policy_svg(evolve(policy, counts_from=begins, stages=stages)))
        assert "born 2020-10-02 to 2025-10-30" in found
        earlier = "" if eldest is None else f"{eldest} to 2020-10-01, "
        assert f"open: born {earlier}2025-10-31 to 2026-03-30" in found


def test_a_rule_for_nobody_says_so() -> None:
    (stage,) = ROUND_19.stages
    too_young = evolve(stage.rules[0], vaccines=("Novavax",))
    policy = evolve(ROUND_19, stages=(evolve(stage, rules=(too_young,)),))
    svg = policy_svg(policy)
    assert "nobody" in texts(svg)
    assert shapes(svg, "sure") == shapes(svg, "open") == []


def registering(*asked: Condition) -> Policy:
    """A policy of one rule, which asks no licence."""
    policy = catalog.load("tw/covid19-1922/registration")
    stage = policy.stages[0]
    return evolve(policy, stages=(evolve(stage, rules=(evolve(stage.rules[0], all=asked),)),))


def test_a_rule_that_asks_no_age_is_for_births_on_any_day() -> None:
    assert "born on any day" in texts(policy_svg(registering()))


def test_the_youngest_alone_are_born_from_a_day_on() -> None:
    svg = policy_svg(registering(AgeAtMost(17, "first-day")))
    assert "born from 2003-07-07 on" in texts(svg)


def at_instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TAIWAN)


def test_windows_lie_where_their_instants_lie() -> None:
    svg = windows_svg(ROUND_19)
    low, high = at_instant("2022-01-15T10:00").timestamp(), at_instant("2022-01-24").timestamp()
    first, second, third, days = shapes(svg, "sure")
    closes = place(at_instant("2022-01-16T12:00").timestamp(), low, high)
    assert ends(first) == pytest.approx((MARGIN, closes), abs=0.1)
    opens = place(at_instant("2022-01-15T14:00").timestamp(), low, high)
    assert ends(third) == pytest.approx((opens, closes), abs=0.1)
    assert ends(days)[1] == WIDTH - MARGIN
    assert ends(second)[0] < ends(third)[0]
    assert "window: 65 or older" in texts(svg)
    assert "2022-01-15 10:00 to 2022-01-16 12:00" in texts(svg)


def round_with(window: Window, days: VaccinationDays | None = None) -> Policy:
    (stage,) = ROUND_19.stages
    days = days or stage.vaccination_days
    changed: Stage = evolve(stage, windows=(window,), vaccination_days=days)
    return evolve(ROUND_19, stages=(changed,))


NOON, DAY = at_instant("2022-01-16T12:00"), date(2022, 1, 15)


@pytest.mark.parametrize(
    ("window", "sure", "open_"),
    [
        (Window(at_instant("2022-01-15T10:00"), NOON), 1, 0),
        (Window(DAY, NOON), 1, 1),
        (Window(at_instant("2022-01-14T10:00"), DAY), 1, 1),
        (Window("not-stated", NOON), 0, 1),
        (Window(DAY, "not-stated"), 0, 2),
        (Window("not-stated", "not-stated"), 0, 0),
        (Window(DAY, DAY), 0, 2),
    ],
)
def test_what_is_not_stated_of_a_window_is_open(window: Window, sure: int, open_: int) -> None:
    svg = windows_svg(round_with(window))
    assert len(shapes(svg, "sure")) == sure + 1  # and the days
    assert len(shapes(svg, "open")) == open_


def test_days_that_are_not_sure_are_open() -> None:
    window = Window(at_instant("2022-01-15T10:00"), NOON, doses=(3,), vaccines=("AZ",))
    days = VaccinationDays(date(2022, 1, 17), date(2022, 1, 23), sure_until=date(2022, 1, 20))
    svg = windows_svg(round_with(window, days))
    assert len(shapes(svg, "sure")) == 2
    assert len(shapes(svg, "open")) == 1
    assert "window: AZ, dose 3" in texts(svg)


def test_a_stretch_of_an_hour_in_a_long_time_can_still_be_seen() -> None:
    window = Window(at_instant("2020-01-15T10:00"), at_instant("2020-01-15T11:00"))
    left, right = ends(shapes(windows_svg(round_with(window)), "sure")[0])
    assert right - left == pytest.approx(2, abs=0.1)


PERSON = Person(
    birth_date=date(1960, 5, 1),
    doses=(Dose("AZ", date(2021, 7, 20)), Dose("AZ", date(2021, 10, 27))),
    groups=(),
    willingness=Willingness({}),
)


def test_a_timeline_shows_days_outcomes_and_what_refused() -> None:
    rounds = [catalog.load(f"tw/covid19-1922/round-{number}") for number in (18, 19, 20)]
    svg = timeline_svg([decide(policy, PERSON) for policy in rounds])
    found = texts(svg)
    assert found.count("eligible") == 2
    assert found.count("not eligible") == 1
    assert "18a: dose-already-given" in found
    assert "19a: dose 3 of AZ, Moderna, BNT, Medigen" in found
    first, second = shapes(svg, "sure")
    assert ends(first)[0] == MARGIN  # 19 January, the first day of all
    assert ends(first)[1] <= ends(second)[0]


def test_days_that_hang_on_what_is_not_known_are_open_in_a_timeline() -> None:
    svg = timeline_svg([decide(ROUND_19, evolve(PERSON, doses=None))])
    assert "undetermined" in texts(svg)
    assert shapes(svg, "sure") == []
    assert len(shapes(svg, "open")) == 1


def test_a_timeline_without_days_is_a_list() -> None:
    svg = timeline_svg([decide(ROUND_19, evolve(PERSON, doses=()))])
    assert texts(svg)[-1] == "19a: earlier-dose-missing"
    assert len(list(drawn(svg).iter(f"{SVG}polygon"))) == 2  # the legend's
    assert drawn(timeline_svg([])).tag == f"{SVG}svg"
    without_reasons = evolve(decide(ROUND_19, evolve(PERSON, doses=())), reasons=())
    assert texts(timeline_svg([without_reasons]))[-1] == "not eligible"


def test_names_are_escaped() -> None:
    (stage,) = ROUND_19.stages
    odd = evolve(ROUND_19, id='a<b>&"c"', stages=(evolve(stage, id="<&>"),))
    root = drawn(policy_svg(odd))
    assert root.attrib["aria-label"].startswith('a<b>&"c":')
    assert any(text.startswith("<&>:") for text in texts(policy_svg(odd)))
    assert "<&>" in texts(windows_svg(odd))


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_pictures_differ_between_languages_in_their_words_alone(lang: str) -> None:
    decisions = [decide(catalog.load("tw/covid19-1922/round-18"), PERSON)]
    for here, english in (
        *((pictures(it, lang)[0], pictures(it)[0]) for it in ALL),
        *((pictures(it, lang)[1], pictures(it)[1]) for it in ALL),
        (timeline_svg(decisions, picture_labels(lang)), timeline_svg(decisions)),
    ):
        assert len(texts(here)) == len(texts(english))
        for kind in ("sure", "open"):
            assert placed(here, kind) == placed(english, kind)
        assert "{" not in here


def test_pictures_in_chinese_speak_chinese() -> None:
    labels = picture_labels("zh-Hant")
    by_birth = texts(policy_svg(ROUND_19, labels))
    assert "19a：第3劑，AZ、莫德納、BNT、高端" in by_birth
    assert "出生日期：2004-01-23 以前" in by_birth
    assert "預約：65歲以上" in texts(windows_svg(ROUND_19, labels))
    assert "符合資格" in texts(timeline_svg([decide(ROUND_19, PERSON)], labels))


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_stands_in_one_line_has_room_in_it(lang: str) -> None:
    for policy in ALL:
        lines: dict[str, list[str]] = {}
        by_birth, windows = pictures(policy, lang)
        for it in drawn(windows).iter(f"{SVG}text"):
            if not re.fullmatch(r"\d{4}-\d\d-\d\d", it.text or ""):
                lines.setdefault(it.attrib["y"], []).append(it.text or "")
        longest = max(width(" ".join(line)) for line in lines.values())
        assert longest <= WIDTH - 2 * MARGIN
        assert max(map(width, written_lines(by_birth))) <= WIDTH - MARGIN


def written_lines(svg: str) -> list[str]:
    more = [it.text or "" for it in drawn(svg).iter(f"{SVG}tspan")]
    return [*texts(svg), *more]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("短", ["短"]),
        ("第1劑，20價結合型肺炎鏈球菌疫苗", ["第1劑，20價結", "合型肺炎鏈球菌", "疫苗"]),
        ("一二三四五六七，八", ["一二三四五六", "七，八"]),
        ("one two three four", ["one two three", "four"]),
        ("a-very-long-name-without-a-blank", ["a-very-long-na", "me-without-a-b", "lank"]),
        ("ที่" * 16, ["ที่" * 14, "ที่" * 2]),
    ],
)
def test_a_text_is_broken_where_it_may_be(text: str, lines: list[str]) -> None:
    assert lines_of(text, 90) == lines


def test_a_line_has_one_character_at_least() -> None:
    assert lines_of("寬寬", 1) == ["寬", "寬"]


def test_a_paragraph_goes_down_by_its_lines() -> None:
    canvas = Canvas("title", "name")
    before = canvas.y
    canvas.paragraph("short")
    assert canvas.y == before
    canvas.paragraph("寬" * 100, bold=True)
    assert canvas.y == before + 2 * LINE
    assert canvas.svg().count("<tspan") == 2


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pictures_of_a_registration_speak_of_registering(lang: str) -> None:
    labels, policy = picture_labels(lang), catalog.load("tw/covid19-1922/registration")
    births, windows = policy_svg(policy, labels), windows_svg(policy, labels)
    assert labels.registering_sure in births
    assert labels.births_sure not in births
    assert labels.registration_title.format(policy=policy.id) in windows
    assert f">{labels.registration}<" in windows
    assert f">{labels.window}<" not in windows
    assert labels.about(ROUND_19) is labels
