"""A prefix tree of words: finds added tokens in texts, and the words that begin with something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["ExtensionsTrie", "Trie"]


class Trie:
    """A set of words; `split` cuts a text at them, leftmost first, of several at one place the longest.

    Attributes:
        data: nested dictionaries, character by character; "" marks the end of a word.

    Example:
        >>> Trie(["[CLS]", "extra_id_1", "extra_id_100"]).split("[CLS] This is a extra_id_100")
        ['[CLS]', ' This is a ', 'extra_id_100']
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        self.data: dict[str, Any] = {}
        self._tokens: set[str] = set()
        self._termination_char = ""
        self.update(words)

    @property
    def words(self) -> frozenset[str]:
        """The words."""
        return frozenset(self._tokens)

    def update(self, words: Iterable[str]) -> None:
        """Add words."""
        for word in words:
            self.add(word)

    def add(self, word: str) -> None:
        """Add a word; the empty one and known ones change nothing."""
        if not word:
            return
        self._tokens.add(word)
        node = self.data
        for character in word:
            node = node.setdefault(character, {})
        node[self._termination_char] = 1

    def matches(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where words stand in a text, in order and apart from each other."""
        at = 0
        while at < len(text):
            end = self._longest(text, at) if text[at] in self.data else 0
            if end:
                yield at, end
            at = end or at + 1

    def _longest(self, text: str, start: int) -> int:
        """Return where the longest word at `start` ends, 0 if there is none."""
        node, end = self.data, 0
        for at in range(start, len(text)):
            following = node.get(text[at])
            if following is None:
                break
            node = following
            if self._termination_char in node:
                end = at + 1
        return end

    def split(self, text: str) -> list[str]:
        """Cut a text into words and what is between them; nothing is left out, no part is empty."""
        return self.cut_text(text, [at for match in self.matches(text) for at in match])

    def cut_text(self, text: str, offsets: list[int]) -> list[str]:
        """Cut a text at ascending places; those that go back are skipped."""
        parts, start = [], 0
        for end in [*offsets, len(text)]:
            if end > start:
                parts.append(text[start:end])
                start = end
        return parts


class ExtensionsTrie(Trie):
    """A prefix tree that lists the words with a given beginning."""

    def extensions(self, prefix: str) -> list[str]:
        """Return the words that begin with a prefix.

        Example:
            >>> ExtensionsTrie(["apple", "app", "application"]).extensions("app")
            ['app', 'apple', 'application']
        """
        node = self.data
        for character in prefix:
            node = node.get(character, node)
        return [prefix + rest for rest in self._collect(node)]

    def _collect(self, node: dict[str, Any]) -> list[str]:
        ends = [""] if self._termination_char in node else []
        inner = ((key, child) for key, child in node.items() if key != self._termination_char)
        return ends + [key + rest for key, child in inner for rest in self._collect(child)]
