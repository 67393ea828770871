"""The municipalities and counties that the first letter of an ID number names."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from vaxpolicy._values import checked


@frozen(field_transformer=checked)
class County:
    """The municipality or county of a first letter."""

    letter: str
    name: str
    given_out: bool = True
    """Whether new numbers begin with the letter. Older numbers stay valid for life."""


COUNTIES: Final = {
    county.letter: county
    for county in (
        County("A", "臺北市"),
        County("B", "臺中市"),
        County("C", "基隆市"),
        County("D", "臺南市"),
        County("E", "高雄市"),
        County("F", "新北市"),
        County("G", "宜蘭縣"),
        County("H", "桃園市"),
        County("I", "嘉義市"),
        County("J", "新竹縣"),
        County("K", "苗栗縣"),
        County("L", "臺中縣", given_out=False),
        County("M", "南投縣"),
        County("N", "彰化縣"),
        County("O", "新竹市"),
        County("P", "雲林縣"),
        County("Q", "嘉義縣"),
        County("R", "臺南縣", given_out=False),
        County("S", "高雄縣", given_out=False),
        County("T", "屏東縣"),
        County("U", "花蓮縣"),
        County("V", "臺東縣"),
        County("W", "金門縣"),
        County("X", "澎湖縣"),
        County("Y", "陽明山管理局", given_out=False),
        County("Z", "連江縣"),
    )
}
"""The county by first letter. L, R, S and Y belong to counties that no longer exist."""

ENGLISH_NAMES: Final = {
    "臺北市": "Taipei City",
    "新北市": "New Taipei City",
    "桃園市": "Taoyuan City",
    "臺中市": "Taichung City",
    "臺南市": "Tainan City",
    "高雄市": "Kaohsiung City",
    "基隆市": "Keelung City",
    "新竹市": "Hsinchu City",
    "新竹縣": "Hsinchu County",
    "苗栗縣": "Miaoli County",
    "彰化縣": "Changhua County",
    "南投縣": "Nantou County",
    "雲林縣": "Yunlin County",
    "嘉義市": "Chiayi City",
    "嘉義縣": "Chiayi County",
    "屏東縣": "Pingtung County",
    "宜蘭縣": "Yilan County",
    "花蓮縣": "Hualien County",
    "臺東縣": "Taitung County",
    "澎湖縣": "Penghu County",
    "金門縣": "Kinmen County",
    "連江縣": "Lienchiang County (Matsu)",
}
"""The counties and cities of today with their names in English."""
