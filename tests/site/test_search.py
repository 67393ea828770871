"""The search takes codes and Chinese terms for words; the archive searches without a server."""

import importlib.util
import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from mkdocs.config import load_config

from tools.site import hooks, search

ROOT = Path(__file__).parents[2]
MATERIAL = importlib.util.find_spec("material")
assert MATERIAL is not None
assert MATERIAL.origin is not None
WORKERS = Path(MATERIAL.origin).parent / "templates/assets/javascripts/workers"

# Runs the theme's own worker and our script in Node.js: stdin has the index and the queries.
ASK = """
const fs = require("fs");
const [worker, ours] = process.argv.slice(1).map((path) => fs.readFileSync(path, "utf-8"));
const { index, queries } = JSON.parse(fs.readFileSync(0, "utf-8"));
let answer;
let listen;
globalThis.self = globalThis;
globalThis.addEventListener = (_, listener) => (listen = listener);
globalThis.postMessage = (message) => answer(message);
globalThis.Worker = class {
  postMessage(data) {
    listen({ data });
  }
};
(0, eval)(worker);
(0, eval)(ours);
const spoken = new Worker();
const say = (type, data) =>
  new Promise((done) => {
    answer = done;
    spoken.postMessage({ type, data });
  });
(async () => {
  await say(0, { config: index.config, docs: index.docs, options: { suggest: true } });
  const found = [];
  for (const query of queries) {
    const { items } = (await say(2, query)).data;
    found.push(items.map((item) => item[0].location));
  }
  console.log(JSON.stringify(found));
})();
"""


def ask(index: object, queries: list[str]) -> list[list[str]]:
    """The places that each query finds, the best page first."""
    (worker,) = WORKERS.glob("search.*.min.js")
    command = ["node", "-e", ASK, str(worker), str(ROOT / "docs/javascripts/search.js")]
    asked = json.dumps({"index": index, "queries": queries})
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True)  # noqa: S603  # our own script
    found: list[list[str]] = json.loads(done.stdout)
    return found


def test_a_code_is_one_word_and_other_hyphens_part_words() -> None:
    assert search.whole("<code>interval-too-short</code> or two-dose") == (
        "<code>interval\u2011too\u2011short</code> or two-dose"
    )
    for kept in ("<code>2022-01-15</code>", "<code>a</code>", "<code>vaxpolicy check --now</code>"):
        assert search.whole(kept) == kept


@pytest.mark.site
def test_a_code_is_found_before_pages_with_its_parts() -> None:
    config = load_config(str(ROOT / "mkdocs.yml"))
    entries = {
        "parts/": ("Interval", "too short an interval is too short; an interval, short"),
        "codes/": ("<code>interval-too-short</code>", "the text"),
        "other/": ("<code>interval-too-long</code>", "two-dose series"),
    }
    docs = [
        {"location": at, "title": search.whole(title), "text": text}
        for at, (title, text) in entries.items()
    ]
    options = config.plugins["material/search"].config
    fields = {"title": {"boost": 1000.0}, "text": {"boost": 1.0}, "tags": {"boost": 1e6}}
    index = {
        "config": {
            "lang": ["en"],
            "separator": options["separator"],
            "pipeline": ["stopWordFilter"],
            "fields": fields,
        },
        "docs": docs,
    }
    code, part, series = ask(index, ["interval-too-short", "interval short", "two-dose"])
    assert code[0] == "codes/"
    assert "parts/" in part
    assert series == ["other/"]


@pytest.mark.site
@pytest.mark.parametrize(
    ("root", "query", "expected"),
    [
        ("", "interval-too-short", "reference/codes/reasons-a-to-l/"),
        ("", "day-not-offered", "codes/"),
        ("", "number-invalid-checksum", "codes/"),
        ("zh-hant/", "健保卡卡號", "identity/"),
        ("zh-hant/", "統一證號", "identity/"),
    ],
)
def test_the_built_index_finds_codes_and_chinese_words_first(
    root: str, query: str, expected: str
) -> None:
    index = Path(os.environ["VAXPOLICY_SITE"], root, "search/search_index.json")
    (found,) = ask(json.loads(index.read_text("utf-8")), [query])
    assert expected in found[0]


def test_the_archive_is_read_without_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFLINE", "true")
    config = load_config(str(ROOT / "mkdocs.yml"))
    config = config.plugins.on_config(config)
    assert config.use_directory_urls is False
    assert config.extra["polyfills"] == [hooks.OFFLINE_SEARCH]
    assert (ROOT / "docs" / hooks.OFFLINE_SEARCH).is_file()
    noxfile = (ROOT / "noxfile.py").read_text("utf-8")
    assert re.search(r'"OFFLINE": "true"', noxfile)
    assert "nox -s archive" in (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def test_the_downloads_of_an_archive_are_a_step_nearer() -> None:
    assert hooks.in_files('<a href="../../vectors/a.zip">') == '<a href="../vectors/a.zip">'


def test_site_and_archive_share_the_parts_that_take_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = iter(("<svg>1</svg>", "<svg>2</svg>", "<svg>3</svg>"))
    monkeypatch.delenv("VAXPOLICY_PARTS", raising=False)
    assert hooks.kept("days/a/en.svg", lambda: next(made)) == "<svg>1</svg>"
    monkeypatch.setenv("VAXPOLICY_PARTS", str(tmp_path))
    assert hooks.kept("days/a/en.svg", lambda: next(made)) == "<svg>2</svg>"
    assert hooks.kept("days/a/en.svg", lambda: next(made)) == "<svg>2</svg>"
    assert [it.name for it in (tmp_path / "days/a").iterdir()] == ["en.svg"]
    picture = hooks.draw("windows", "tw/hpv/2025", "zh-Hant")
    assert hooks.draw("windows", "tw/hpv/2025", "zh-Hant") == picture
    monkeypatch.delenv("VAXPOLICY_PARTS")
    assert hooks.draw("windows", "tw/hpv/2025", "zh-Hant") == picture


def test_the_site_has_directories_and_no_script_of_another_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OFFLINE", raising=False)
    config = load_config(str(ROOT / "mkdocs.yml"))
    config = config.plugins.on_config(config)
    assert config.use_directory_urls is True
    assert "polyfills" not in config.extra
    assert all("//" not in str(script) for script in config.extra_javascript)
