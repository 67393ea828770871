"""Makes mutants: copies of a module with one change each, by the operators of mutmut.

mutmut's own way puts every mutant into one file and chooses at run time which one is called. That
leaves out functions with a decorator and everything outside functions: properties, validators,
tables. Here each mutant is a text of the whole module, so that nothing has to be left out. What
cannot change what a program does is left out: annotations, docstrings, names of types, and code
that only a type checker reads. So are the words of sentences, which every version may reword.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import libcst as cst
import libcst.matchers as m
from attrs import field, frozen
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CHECKERS: Final = m.Name("TYPE_CHECKING")
_ALIAS: Final = m.Annotation(
    m.OneOf(m.Name("TypeAlias"), m.Attribute(attr=m.Name("TypeAlias")), m.Name("TypeVar"))
)
_TYPING: Final = m.Call(
    func=m.OneOf(*map(m.Name, ("cast", "TypeVar", "NewType", "ParamSpec", "assert_never")))
)
_OVERLOADED: Final = m.FunctionDef(
    decorators=[m.ZeroOrMore(), m.Decorator(m.Name("overload")), m.ZeroOrMore()]
)
_ALL: Final = m.Assign(targets=[m.AssignTarget(m.Name("__all__"))])
_SENTENCE: Final = m.SimpleString(value=m.MatchIfTrue(lambda text: " " in text.strip()))
_DOCSTRING: Final = m.Expr(m.SimpleString() | m.ConcatenatedString())
_NEVER: Final[tuple[m.BaseMatcherNode, ...]] = (
    m.Annotation(),
    m.Import(),
    m.ImportFrom(),
    m.If(test=_CHECKERS),
    m.AnnAssign(annotation=_ALIAS),
    _TYPING,
    _OVERLOADED,
    _ALL,
    _DOCSTRING,
    _SENTENCE,
)


@frozen
class Mutant:
    """One change of one module.

    Attributes:
        lines: the first and the last line, from one, of what is changed.
        inside: whether it is inside a function, so that coverage says which tests run it.
        before: the changed lines.
        after: the lines in their place.
        code: the whole module with the change.
    """

    lines: tuple[int, int]
    inside: bool
    before: str
    after: str
    code: str = field(repr=False)


@frozen
class _Change:
    old: cst.CSTNode
    new: cst.CSTNode
    lines: tuple[int, int]
    inside: bool


class _Collector(cst.CSTVisitor):
    """Every change that an operator makes to a node which is not left out."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.changes: list[_Change] = []
        self._functions = 0

    def on_visit(self, node: cst.CSTNode) -> bool:
        if any(m.matches(node, it) for it in _NEVER):
            return False
        place = self.get_metadata(PositionProvider, node, None)
        if place is not None:
            lines = (place.start.line, place.end.line)
            for kind, operator in mutation_operators:
                if isinstance(node, kind):
                    for new in operator(node):
                        self.changes.append(_Change(node, new, lines, self._functions > 0))
        self._functions += isinstance(node, cst.FunctionDef | cst.Lambda)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        self._functions -= isinstance(original_node, cst.FunctionDef | cst.Lambda)


class Mutants:
    """The mutants of one module, in the order of its text."""

    def __init__(self, code: str) -> None:
        self._code = code
        wrapper = MetadataWrapper(cst.parse_module(code))
        collector = _Collector()
        wrapper.visit(collector)
        self._module, self._changes = wrapper.module, collector.changes

    def __len__(self) -> int:
        return len(self._changes)

    def __getitem__(self, number: int) -> Mutant:
        """Make this mutant."""
        change = self._changes[number]
        made = cst.ensure_type(self._module.deep_replace(change.old, change.new), cst.Module)
        before, after = changed(self._code.splitlines(), made.code.splitlines())
        return Mutant(change.lines, change.inside, before, after, made.code)


def changed(old: list[str], new: list[str]) -> tuple[str, str]:
    """The lines that differ, of both texts, without the indentation of the first."""
    most = min(len(old), len(new))
    head = _equal(zip(old, new, strict=False))
    tail = min(_equal(zip(reversed(old), reversed(new), strict=False)), most - head)
    return _text(old[head : len(old) - tail]), _text(new[head : len(new) - tail])


def _equal(pairs: Iterable[tuple[str, str]]) -> int:
    """How many pairs are equal before the first one that is not."""
    number = 0
    for one, other in pairs:
        if one != other:
            break
        number += 1
    return number


def _text(lines: Iterable[str]) -> str:
    return "\n".join(_dedented(list(lines)))


def _dedented(lines: list[str]) -> Iterator[str]:
    first = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
    for line in lines:
        yield line[min(first, len(line) - len(line.lstrip())) :]
