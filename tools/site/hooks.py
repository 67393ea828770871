"""Puts parts of the code into the site at each build, so that they are current (see mkdocs.yml)."""

import json
import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Any

import click
from click.testing import CliRunner
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page

sys.path.insert(0, str(Path(__file__).parents[2]))  # MkDocs loads a hook by its path

from tools import playground, vectors
from tools.site import arrows, languages, nav, rules_diff, search
from vaxpolicy import catalog, fhir
from vaxpolicy.cli import app
from vaxpolicy.messages import picture_labels
from vaxpolicy.picture import policy_svg, windows_svg

HELP = re.compile("<!-- help of ([a-z ]+) -->")
COMMANDS = "<!-- every command -->"
CLI = "reference/cli"
"""The folder of the pages with the help of the commands."""
PROBLEMS = "<!-- fhir-problems -->"
COMPARED = re.compile("<!-- compared: ([^ ]+) -->")
SIZE = re.compile("<!-- playground ([a-z]+) -->")
MEASURED = "<!-- playground measured -->"
MEASURES = Path(__file__).parent / "data" / "playground.json"
"""Seconds that the playground took, with the day; the browser test of the site measures them."""
DEMO = re.compile("<!-- demo ([^ ]+) -->")
PICTURE = re.compile("<!-- picture: (days|windows) ([^ ]+) -->")
SECTION_LIST = re.compile(
    r'aria-labelledby="[^"]*_label"(?P<more>[^>]*>\s*<label class="md-nav__title"[^>]*>\s*'
    r'<span class="md-nav__icon md-icon"></span>\s*(?P<name>[^<>"]*[^<>"\s]))'
)
NAV_LABEL = re.compile(r'(<nav class="md-nav\b[^>]*? aria-label=")([^"]*)(?=")')
TAG_OR_CODE = re.compile(r"(<(pre|code|svg|script)\b.*?</\2>|<!--.*?-->|<[^>]*>)", re.DOTALL)
WHOLE = re.compile(r"\b\d{4}-\d\d-\d\d\b(?: (?:to|至)(?= \d))?|\bCOVID-19\b", re.ASCII)
CELL = re.compile("<td>(.*?)</td>", re.DOTALL)
NO_HEAD = re.compile("<th( [^>]*)?></th>")
"""The corner of a table whose rows have names: a cell, and no head of a column."""
LONG = 40
HAN = re.compile("[\u3000-\u9fff\uff00-\uffef]")
HAN_MORE = 2
"""A Chinese character says, and takes, more than a letter."""
OFFLINE_SEARCH = "javascripts/iframe-worker.js"
"""The script for the search of an archive; the plugin "offline" would fetch another host's."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Give every page its place in the table of contents, and an archive its search."""
    if "polyfills" in config.extra:  # the plugin "offline" has been here
        config.extra["polyfills"] = [OFFLINE_SEARCH]
    config.nav = nav.complete(config.nav or [])
    return config


def on_page_context(
    context: Any, *, page: Page, config: MkDocsConfig, nav: Navigation
) -> dict[str, Any]:
    """Put the page into the theme in its own language."""
    del nav  # it is in the context too
    if not config.use_directory_urls:
        page.content = in_files(page.content or "")
    return languages.in_language(context, page, config)


def on_page_markdown(
    markdown: str, *, page: Page, config: MkDocsConfig, files: Files
) -> str | None:
    """Put the commands' own help on the pages of the command line, and what rounds change."""
    del files  # MkDocs hands them to every hook
    if "/playground" in page.file.src_uri:
        markdown = SIZE.sub(lambda found: size(found[1]), markdown)
        markdown = markdown.replace(MEASURED, measured(language(page)))
    markdown = DEMO.sub(lambda found: demo(found[1]), markdown)
    if page.file.src_uri == "reference/fhir.md":
        return markdown.replace(PROBLEMS, "\n".join(fhir_problems()))
    if page.file.src_uri.startswith(CLI):
        markdown = markdown.replace(COMMANDS, "\n".join(commands(Path(config.docs_dir))))
        return HELP.sub(lambda found: "\n\n".join(helps_of(found[1].split())), markdown)
    lang = language(page)
    return arrows.drawn(COMPARED.sub(lambda found: compared(found[1], lang), markdown), lang)


def fhir_problems() -> Iterator[str]:
    """The rows of the table of problems that FHIR resources can have."""
    for code, (facts, text) in fhir.PROBLEMS.items():
        yield f"| `{code}` | {', '.join(f'`{fact}`' for fact in facts) or 'none'} | {text} |"


def on_page_content(html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Draw the pictures where the page has them as comments; say which language a page is in."""
    del config, files  # MkDocs hands them to every hook
    lang = language(page)
    fit = CELL.sub(lambda found: cell(found[1]), unbroken(NO_HEAD.sub(r"<td\1></td>", html)))
    return PICTURE.sub(lambda found: draw(found[1], found[2], lang), fit)


def on_post_page(output: str, *, page: Page, config: MkDocsConfig) -> str:
    """Finish the page in its language."""
    del config  # MkDocs hands it to every hook
    return languages.finished(with_named_sections(output), language(page))


def on_post_build(*, config: MkDocsConfig) -> None:
    """Finish the search index, and write the downloads where the whole site is asked for."""
    search.part(Path(config.site_dir, "search", "search_index.json"))
    languages.cut_search(Path(config.site_dir))
    if os.environ.get("VAXPOLICY_WHOLE_SITE"):
        put_vectors(Path(config.site_dir, "vectors"))
    if modules := os.environ.get("VAXPOLICY_NODE_MODULES"):
        playground.build(Path(config.site_dir, "playground"), Path(modules))


def put_vectors(folder: Path) -> None:
    """Write the vectors, or copy those in the folder that `VAXPOLICY_VECTORS` names."""
    if made := os.environ.get("VAXPOLICY_VECTORS"):
        shutil.copytree(made, folder, dirs_exist_ok=True)
    else:
        vectors.write(folder)


def in_files(html: str) -> str:
    """A page of an archive, which is a file and no folder: the downloads are a step nearer."""
    return html.replace('"../../vectors/', '"../vectors/')


def with_named_sections(html: str) -> str:
    """Give the list of a section in the navigation the section's name.

    The theme lets a label name it. The label of a section that has a page of its own is an icon
    without a text, and then two lists on a page have the same name: none. A list in the table of
    contents has the name of its heading; where two headings are alike, the second gets a number.
    """
    named = SECTION_LIST.sub(r'aria-label="\g<name>"\g<more>', html)
    seen: Counter[str] = Counter()

    def once(found: re.Match[str]) -> str:
        seen[found[2]] += 1
        number = seen[found[2]]
        return found[0] if number == 1 else f"{found[0]} ({number})"

    return NAV_LABEL.sub(once, named)


def unbroken(html: str) -> str:
    """Mark what must not break at its hyphens: days, and the name of a disease."""
    text = TAG_OR_CODE.split(html)[::3]
    kept = [found[0] for found in TAG_OR_CODE.finditer(html)]
    marked = [WHOLE.sub(r'<span class="whole">\g<0></span>', part) for part in text]
    return "".join(part for pair in zip(marked, [*kept, ""], strict=True) for part in pair)


def cell(inner: str) -> str:
    """A cell of a table; one with much to say is marked, so that it is not too narrow."""
    text = TAG_OR_CODE.sub("", inner)
    length = len(text) + HAN_MORE * len(HAN.findall(text))
    return f'<td class="long">{inner}</td>' if length > LONG else f"<td>{inner}</td>"


def language(page: Page) -> str:
    """The language of a page, by the tree that it is in."""
    return languages.language(page.file.src_uri)


@cache
def sizes() -> dict[str, int]:
    """The size of the playground of this build; empty where it is not built."""
    modules = os.environ.get("VAXPOLICY_NODE_MODULES")
    if not modules:
        return {}
    with TemporaryDirectory() as folder:
        return playground.build(Path(folder), Path(modules))


def size(part: str) -> str:
    """The size of a part of the playground in megabytes."""
    found = sizes().get(part)
    return "—" if found is None else f"{found / 1e6:.1f} MB"


MEASURED_WORDS = {
    "en": (
        "Measured on {on}, on {machine}:",
        ("in seconds", "until the form can be used", "until the first answer", "{n} answers"),
    ),
    "zh-Hant": (
        "{on}於{machine}測得：",
        ("秒", "到表單可以使用", "到第一個答案", "{n}個答案"),
    ),
}


def measured(lang: str) -> str:
    """The times of the playground where it was measured last, as a table."""
    found = json.loads(MEASURES.read_text("utf-8"))
    intro, head = MEASURED_WORDS[lang]
    said = intro.format(on=found["on"], machine=found["machine"][lang])
    number = f"{found['answers']:,}"
    rows = [
        (row["name"], *(f"{row[key]:.1f}" for key in ("ready", "first", "all")))
        for row in found["rows"]
    ]
    cells = [[it.format(n=number) for it in head], ["---"] * len(head), *rows]
    return "\n".join([said, "", *(f"| {' | '.join(row)} |" for row in cells)])


def demo(lang: str) -> str:
    """The output of the demonstration in a language."""
    done = CliRunner().invoke(app, ["demo", "--lang", lang], catch_exceptions=False)
    return f"``` {{.text .wrapped}}\n{done.output.strip()}\n```"


def draw(kind: str, policy_id: str, lang: str) -> str:
    """The picture that replaces a comment."""
    picture = {"days": policy_svg, "windows": windows_svg}[kind]
    svg = kept(
        f"{kind}/{policy_id}/{lang}.svg",
        lambda: picture(catalog.load(policy_id), picture_labels(lang)),
    )
    return f'<div class="picture">\n{svg}</div>'


def compared(asked: str, lang: str) -> str:
    """What a round changes, as a table."""
    return kept(f"compared/{asked}/{lang}.md", lambda: rules_diff.compared(asked, lang))


def kept(name: str, make: Callable[[], str]) -> str:
    """A part that takes long, made once for all builds that share the folder `VAXPOLICY_PARTS`.

    The folder belongs to one state of the sources. `.ci/run` builds the site and its archive with
    it.
    """
    folder = os.environ.get("VAXPOLICY_PARTS")
    if not folder:
        return make()
    file = Path(folder, name)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, delete=False) as made:
            made.write(make())
        Path(made.name).replace(file)  # another build finds all of it or nothing
    return file.read_text("utf-8")


def commands(docs: Path) -> Iterator[str]:
    """The table of all commands, each with the page that has its help."""
    pages = {
        name: page.name
        for page in sorted((docs / CLI).glob("*.md"))
        for found in HELP.finditer(page.read_text("utf-8"))
        for name in found[1].split()
    }
    yield "| command | what it does |"
    yield "|---|---|"
    for context in contexts(app, "vaxpolicy"):
        path, command = context.command_path, context.command
        if not isinstance(command, click.Group):
            anchor = path.replace(" ", "-")
            page = pages[path.split(" ")[1]]  # a KeyError: no page has the help of a new command
            does = command.get_short_help_str(limit=120)
            yield f"| [`{path}`]({page}#{anchor}){{ #{anchor} }} | {does} |"


def helps_of(names: list[str]) -> Iterator[str]:
    """The help of some commands and of those below them, each under a heading of its own."""
    for context in contexts(app, "vaxpolicy"):
        if context.command_path.split(" ")[1:2] in [[name] for name in names]:
            said = context.command.get_help(context)
            yield f"## {context.command_path}\n\n```text\n{said}\n```"


def contexts(
    command: click.Command, name: str, above: click.Context | None = None
) -> Iterator[click.Context]:
    """A command and all those below it, in the order of their help."""
    context = click.Context(
        command,
        parent=above,
        info_name=name,
        terminal_width=80,
        color=False,
        **command.context_settings,
    )
    yield context
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found is not None and not found.hidden:
                yield from contexts(found, below, context)
