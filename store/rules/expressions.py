"""Conditions of a profile over the facts of a case (K07-R6): read by an own parser, never run as code.

    amount >= 100000 and head_count >= 20 or absconded
    category under "wage" and not (tier in ["village", "township"])

Names, numbers, "text", true, false; `== != < <= > >=`, `in [...]`, `not in [...]`, `under` (a dotted id or one below
it), `and`, `or`, `not`, parentheses. A name that stands alone must be a truth. Numbers compare with numbers, text
with text, truths with truths; only numbers have an order.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from store.errors import BadInput
from store.rules.commands import FactValue
from store.rules.tokens import LONGEST, Token, shown, tokens

Kind = Literal["truth", "integer", "number", "text"]

DEEPEST = 20
"""Parentheses and `not` inside each other; deeper is a mistake, and would cost stack."""

_ORDERS = ("<", "<=", ">", ">=")
_EQUALS = ("==", "!=")
_OPERAND = 'a name, a number, "text", true, false or ('
_COMPARISON = "a comparison: == != < <= > >= in under"


class ExpressionError(BadInput):
    """A condition that cannot be used: `column` counts from 1; `expected` and `found` are for a person to read."""

    def __init__(self, column: int, expected: str, found: str, text: str = "") -> None:
        super().__init__(
            "expression_refused", text=shown(text, 60), column=column, expected=expected, found=found
        )


@dataclass(frozen=True, slots=True)
class _Name:
    name: str


@dataclass(frozen=True, slots=True)
class _Value:
    value: FactValue


_Operand = _Name | _Value


@dataclass(frozen=True, slots=True)
class _Truth:
    operand: _Operand


@dataclass(frozen=True, slots=True)
class _Compared:
    left: _Operand
    sign: str
    right: _Operand


@dataclass(frozen=True, slots=True)
class _Listed:
    left: _Operand
    items: tuple[FactValue, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class _Not:
    part: _Node


@dataclass(frozen=True, slots=True)
class _Joined:
    word: Literal["and", "or"]
    parts: tuple[_Node, ...]


_Node = _Truth | _Compared | _Listed | _Not | _Joined


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition that was read without a mistake."""

    text: str
    names: tuple[str, ...]
    """Facts it looks at, in the order of their first mention."""
    mentions: tuple[tuple[str, str], ...]
    """(name, text) of every text that a name is compared with; a profile checks ids by them."""
    root: _Node

    def holds(self, facts: Mapping[str, FactValue]) -> bool:
        """Whether it holds; a comparison with a fact that is not known, or of another kind, is false."""
        return _holds(self.root, facts)


def parse(text: str, known: Collection[str] | None = None) -> Expression:
    """Read a condition. `known` are the names that exist; a mapping name → Kind also checks what may be compared.

    Raises `ExpressionError` with the column of the first mistake.
    """
    if len(text) > LONGEST:
        raise ExpressionError(LONGEST + 1, f"at most {LONGEST} characters", f"{len(text)} characters", text)
    found = tokens(text)
    for token in found:
        if token.kind == "bad":
            raise ExpressionError(token.column, token.expected, shown(token.text), text)
    return _Parser(text, found, known).read()


@lru_cache(maxsize=4096)
def _read(text: str) -> Expression:
    return parse(text)


def holds(text: str, facts: Mapping[str, FactValue]) -> bool:
    """Whether the condition holds; an empty one always does. Raises `ExpressionError` as `parse` does."""
    if not text.strip():
        return True
    if len(text) > LONGEST:
        return parse(text).holds(facts)
    return _read(text).holds(facts)


class _Parser:
    """Recursive descent over the tokens; the last token is always `end`."""

    def __init__(self, text: str, found: list[Token], known: Collection[str] | None) -> None:
        self.text = text
        self.tokens = found
        self.at = 0
        self.known = known
        self.kinds: Mapping[str, Kind] = known if isinstance(known, Mapping) else {}
        self.names: dict[str, None] = {}
        self.mentions: list[tuple[str, str]] = []

    def read(self) -> Expression:
        root = self._either(0)
        if self._next.kind != "end":
            raise self._refuse("and, or, or the end")
        return Expression(self.text, tuple(self.names), tuple(self.mentions), root)

    @property
    def _next(self) -> Token:
        return self.tokens[self.at]

    def _take(self) -> Token:
        token = self._next
        self.at += 1
        return token

    def _is(self, *words: str) -> bool:
        return self._next.kind in ("word", "sign") and self._next.text in words

    def _refuse(self, expected: str, token: Token | None = None) -> ExpressionError:
        token = token or self._next
        found = {"end": "the end", "text": f'"{shown(token.text)}"'}.get(token.kind) or shown(token.text)
        return ExpressionError(token.column, expected, found, self.text)

    def _either(self, depth: int) -> _Node:
        parts = [self._both(depth)]
        while self._is("or"):
            self._take()
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else _Joined("or", tuple(parts))

    def _both(self, depth: int) -> _Node:
        parts = [self._denied(depth)]
        while self._is("and"):
            self._take()
            parts.append(self._denied(depth))
        return parts[0] if len(parts) == 1 else _Joined("and", tuple(parts))

    def _deeper(self, depth: int) -> int:
        if depth >= DEEPEST:
            raise self._refuse(f"at most {DEEPEST} parentheses and not inside each other")
        return depth + 1

    def _denied(self, depth: int) -> _Node:
        if self._is("not"):
            deeper = self._deeper(depth)
            self._take()
            return _Not(self._denied(deeper))
        if self._is("("):
            deeper = self._deeper(depth)
            self._take()
            inner = self._either(deeper)
            self._expect(")")
            return inner
        return self._comparison()

    def _expect(self, sign: str) -> None:
        if not self._is(sign):
            raise self._refuse(sign)
        self._take()

    def _comparison(self) -> _Node:
        first = self._next
        left = self._operand()
        sign = self._next
        if self._is(*_EQUALS, *_ORDERS):
            self._take()
            second = self._next
            right = self._operand()
            self._comparable(sign, first, left, second, right)
            self._mention(left, right)
            self._mention(right, left)
            return _Compared(left, sign.text, right)
        if self._is("under"):
            return self._under(first, left)
        if self._is("in", "not"):
            return self._listed(left)
        if self._kind(left) in (None, "truth"):
            return _Truth(left)
        raise self._refuse(_COMPARISON)

    def _under(self, first: Token, left: _Operand) -> _Node:
        self._take()
        second = self._next
        if second.kind != "text" or not second.text.strip("."):
            raise self._refuse('a dotted id in "…"')
        if self._kind(left) not in (None, "text"):
            raise self._refuse("text before under", first)
        self._take()
        self._mention(left, _Value(second.text))
        return _Compared(left, "under", _Value(second.text))

    def _listed(self, left: _Operand) -> _Node:
        negated = self._is("not")
        if negated:
            self._take()
            if not self._is("in"):
                raise self._refuse("in")
        self._take()
        self._expect("[")
        items: list[FactValue] = []
        while True:
            token = self._next
            item = self._operand()
            if isinstance(item, _Name):
                raise self._refuse('a number, "text", true or false', token)
            self._same_kind(left, item, token)
            self._mention(left, item)
            items.append(item.value)
            if not self._is(","):
                break
            self._take()
        self._expect("]")
        return _Listed(left, tuple(items), negated)

    def _operand(self) -> _Operand:
        token = self._next
        if token.kind == "number":
            self._take()
            return _Value(float(token.text) if "." in token.text else int(token.text))
        if token.kind == "text":
            self._take()
            return _Value(token.text)
        if token.kind == "word" and token.text in ("true", "false"):
            self._take()
            return _Value(token.text == "true")
        if token.kind == "name":
            if self.known is not None and token.text not in self.known:
                raise self._refuse("one of " + ", ".join(sorted(self.known)), token)
            self._take()
            self.names.setdefault(token.text)
            return _Name(token.text)
        raise self._refuse(_OPERAND)

    def _kind(self, operand: _Operand) -> Kind | None:
        if isinstance(operand, _Name):
            return self.kinds.get(operand.name)
        return _kind_of(operand.value)

    def _same_kind(self, left: _Operand, right: _Operand, second: Token) -> None:
        one, other = self._kind(left), self._kind(right)
        if one is None or other is None or _class(one) == _class(other):
            return
        raise self._refuse(_WORDS[_class(one)], second)

    def _comparable(self, sign: Token, first: Token, left: _Operand, second: Token, right: _Operand) -> None:
        self._same_kind(left, right, second)
        if sign.text in _ORDERS:
            for token, operand in ((first, left), (second, right)):
                kind = self._kind(operand)
                if kind is not None and _class(kind) != "number":
                    raise self._refuse("a number", token)

    def _mention(self, name: _Operand, value: _Operand) -> None:
        if isinstance(name, _Name) and isinstance(value, _Value) and isinstance(value.value, str):
            self.mentions.append((name.name, value.value))


_WORDS = {"truth": "true or false", "number": "a number", "text": 'text in "…"'}


def _class(kind: str) -> str:
    return "number" if kind == "integer" else kind


def _kind_of(value: FactValue) -> Kind:
    if isinstance(value, bool):
        return "truth"
    return "text" if isinstance(value, str) else "number"


def _value(operand: _Operand, facts: Mapping[str, FactValue]) -> FactValue | None:
    return facts.get(operand.name) if isinstance(operand, _Name) else operand.value


def _holds(node: _Node, facts: Mapping[str, FactValue]) -> bool:
    if isinstance(node, _Joined):
        parts = (_holds(part, facts) for part in node.parts)
        return all(parts) if node.word == "and" else any(parts)
    if isinstance(node, _Not):
        return not _holds(node.part, facts)
    if isinstance(node, _Truth):
        return _value(node.operand, facts) is True
    left = _value(node.left, facts)
    if left is None:
        return False
    if isinstance(node, _Listed):
        same = [item for item in node.items if _kind_of(item) == _kind_of(left)]
        return bool(same) and (left in same) is not node.negated
    right = _value(node.right, facts)
    if right is None or _kind_of(left) != _kind_of(right):
        return False
    return _compared(left, node.sign, right)


def _compared(left: FactValue, sign: str, right: FactValue) -> bool:
    if sign == "==":
        return left == right
    if sign == "!=":
        return left != right
    if sign == "under":
        return left == right or str(left).startswith(f"{right}.")
    if isinstance(left, (str, bool)) or isinstance(right, (str, bool)):
        return False
    if sign == "<":
        return left < right
    if sign == "<=":
        return left <= right
    return left > right if sign == ">" else left >= right
