"""The examples of docstrings are code on the pages, not quotes in quotes."""

from pathlib import Path

import griffe
import pytest

from tools.site.doctests import FencedExamples, fenced

SOURCE = Path(__file__).parents[2] / "src"


def test_an_example_gets_a_fence_up_to_the_next_blank_line() -> None:
    text = "What it does.\n\n>>> f(\n...     1\n... )\n2\n\nMore.\n\n    >>> g()\n    3"
    good = (
        "What it does.\n\n```pycon\n>>> f(\n...     1\n... )\n2\n```\n\nMore.\n\n"
        "    ```pycon\n    >>> g()\n    3\n    ```"
    )
    assert fenced(text) == good
    assert fenced(good) == good
    assert fenced("A text\n\nwithout any.") == "A text\n\nwithout any."


@pytest.mark.slow
def test_the_docstrings_of_a_module_have_fences_on_its_page() -> None:
    extensions = griffe.load_extensions(FencedExamples)
    days = griffe.load("vaxpolicy.days", search_paths=[SOURCE], extensions=extensions)
    docstring = days["DaySet"].docstring
    assert docstring is not None
    assert "```pycon\n>>> " in docstring.value
