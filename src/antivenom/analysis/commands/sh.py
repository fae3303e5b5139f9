"""Reads POSIX shell and bash into pipelines. Every character is visited once for each level."""

from __future__ import annotations

import re

from antivenom.analysis.commands.script import (
    MOST_DEPTH,
    MOST_TEXT,
    Command,
    Part,
    Script,
    Sub,
    Var,
    Word,
)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_ASSIGN = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,63})\+?=")
_PLAIN = re.compile(r"[^\s'\"\\$`;&|<>(){}#\n]{1,4096}")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|u([0-9a-fA-F]{1,4})|(.))", re.DOTALL)
_SIMPLE_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "e": "\x1b", "0": "\0"}
_KEYWORDS = frozenset(
    [
        "if",
        "then",
        "else",
        "elif",
        "fi",
        "while",
        "until",
        "do",
        "done",
        "!",
        "{",
        "}",
        "time",
        "case",
        "esac",
        "in",
    ]
)
_BREAK = " \t\n;&|<>()"


def parse(text: str) -> Script:
    """Return the pipelines of a shell text, whatever is wrong with it."""
    reader = _Reader(text[:MOST_TEXT])
    return reader.script("", 0)


def ansi_c(text: str) -> str:
    """Return the text that ``$'...'`` and ``echo -e`` stand for."""

    def one(found: re.Match[str]) -> str:
        hexa, octal, wide, other = found.groups()
        if hexa or wide:
            return chr(int(hexa or wide, 16))
        if octal:
            return chr(int(octal, 8) & 0xFF)
        return _SIMPLE_ESCAPES.get(other, other)

    return _ESCAPE.sub(one, text)


class _Reader:
    """A cursor over the text; `script` reads until a closing bracket or the end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1
        self.heredocs: list[tuple[Command, str, bool]] = []

    def script(self, closing: str, depth: int) -> Script:
        """Read commands up to `closing` (consumed) or the end."""
        out: Script = []
        command = Command(line=self.line)
        joined = False
        while self.at < len(self.text):
            c = self.text[self.at]
            if closing and c == closing:
                self.at += 1
                break
            if c in " \t\r":
                self.at += 1
            elif c == "#" and self._at_word_start():
                self._skip_comment()
            elif c in ";\n&|()":
                command, joined = self._separator(c, out, command, joined)
            elif c in "<>" or (c.isdigit() and self._is_redirect()):
                self._redirect(command, depth)
            elif not self._keyword(command):
                self._add(command, self._word(depth, closing))
        self._end(out, command, joined=joined)
        return out

    def _separator(
        self, c: str, out: Script, command: Command, joined: bool
    ) -> tuple[Command, bool]:
        """End a command; say whether the next one reads its output."""
        pair = self.text[self.at : self.at + 2]
        if pair == "&>" or (c == "&" and self.text[self.at - 1 : self.at] == ">"):
            self.at += 1
            return command, joined
        self.at += 2 if pair in ("&&", "||", "|&", ";;") else 1
        pipe = c == "|" and pair != "||"
        if c == "&" and pair != "&&":
            command.background = True
        if command.empty and c in "()":
            return command, joined
        self._end(out, command, joined=joined)
        if c == "\n":
            self.line += 1
            self._read_heredocs()
        return Command(line=self.line), pipe or (joined and command.empty)

    def _end(self, out: Script, command: Command, *, joined: bool) -> None:
        if command.empty:
            return
        if joined and out:
            out[-1].append(command)
        else:
            out.append([command])

    def _at_word_start(self) -> bool:
        return self.at == 0 or self.text[self.at - 1] in _BREAK

    def _skip_comment(self) -> None:
        end = self.text.find("\n", self.at)
        self.at = len(self.text) if end < 0 else end

    def _keyword(self, command: Command) -> bool:
        """Skip a word of grammar at the start of a command."""
        if command.words:
            return False
        if self.text[self.at] in "{}" and self.text[self.at + 1 : self.at + 2] in ("", *" \t\n;"):
            self.at += 1
            return True
        found = _PLAIN.match(self.text, self.at)
        if found is None or found.group() not in _KEYWORDS:
            return False
        if found.end() < len(self.text) and self.text[found.end()] not in _BREAK:
            return False
        self.at = found.end()
        return True

    def _add(self, command: Command, found: list[Word]) -> None:
        for word in found:
            first = word.parts[0] if word.parts else ""
            assign = _ASSIGN.match(first) if isinstance(first, str) else None
            if assign and not command.words:
                rest = (first[assign.end() :], *word.parts[1:])  # type: ignore[index]
                command.assigns.append((assign.group(1), Word(rest, quoted=True)))
            else:
                command.words.append(word)

    # ------------------------------------------------------------------ redirections

    def _is_redirect(self) -> bool:
        if not self._at_word_start():
            return False
        end = self.at
        while end < len(self.text) and end < self.at + 3 and self.text[end].isdigit():
            end += 1
        return self.text[end : end + 1] in ("<", ">")

    def _redirect(self, command: Command, depth: int) -> None:
        while self.text[self.at].isdigit():
            self.at += 1
        rest = self.text[self.at : self.at + 3]
        if rest[:2] in ("<(", ">("):
            self._add(command, self._word(depth, ""))
            return
        operator = next(
            o
            for o in ("<<<", "<<-", "<<", "<>", "<&", ">>", ">&", ">|", "<", ">")
            if rest.startswith(o)
        )
        self.at += len(operator)
        while self.text[self.at : self.at + 1] in (" ", "\t"):
            self.at += 1
        found = self._word(depth, "")
        if not found:
            return
        if operator == "<<<":
            command.here = found[0].text
            if any(not isinstance(p, str) for p in found[0].parts):
                command.redirects.append(("<<<", found[0]))
        elif operator.startswith("<<"):
            self.heredocs.append((command, found[0].text, operator == "<<-"))
        else:
            command.redirects.append((">>" if operator == ">>" else operator[0], found[0]))

    def _read_heredocs(self) -> None:
        for command, delimiter, strip in self.heredocs:
            kept: list[str] = []
            while self.at < len(self.text):
                end = self.text.find("\n", self.at)
                end = len(self.text) if end < 0 else end
                row = self.text[self.at : end]
                self.at = min(end + 1, len(self.text))
                self.line += 1
                row = row.lstrip("\t") if strip else row
                if row.rstrip("\r") == delimiter:
                    break
                kept.append(row)
            command.here = "\n".join(kept)
        self.heredocs = []

    # ------------------------------------------------------------------ words

    def _word(self, depth: int, closing: str) -> list[Word]:
        """Read one written word; ``$IFS`` and ``{a,b}`` make several of it."""
        words: list[list[Part]] = [[]]
        quoted = False
        while self.at < len(self.text):
            c = self.text[self.at]
            parts = words[-1]
            if c in " \t\r\n;&|)" or (closing and c == closing):
                break
            if c in "<>":
                if self.text[self.at + 1 : self.at + 2] != "(" or parts:
                    break
                self.at += 2
                parts.append(Sub(self._nested(")", depth), file=True))
            elif c == "(":
                if not parts:
                    self.at += 1
                break
            elif c == "'":
                quoted = True
                self._single(parts)
            elif c == '"':
                quoted = True
                self.at += 1
                self._double(parts, depth)
            elif c == "\\":
                self._escape(parts)
            elif c == "`":
                self._backtick(parts, depth)
            elif c == "$":
                if self._dollar(parts, depth, quoted=False):
                    words.append([])
            else:
                self._plain(parts)
        return self._finish(words, quoted=quoted)

    def _finish(self, words: list[list[Part]], *, quoted: bool) -> list[Word]:
        out: list[Word] = []
        for parts in words:
            if not parts and (not quoted or len(words) > 1):
                continue
            whole = _join(parts)
            text = whole[0] if len(whole) == 1 and isinstance(whole[0], str) else ""
            if not quoted and text.startswith("{") and text.endswith("}") and "," in text:
                out += (Word((piece,)) for piece in text[1:-1].split(",")[:100])
            else:
                out.append(Word(whole, quoted=quoted))
        return out

    def _plain(self, parts: list[Part]) -> None:
        found = _PLAIN.match(self.text, self.at)
        end = found.end() if found else self.at + 1
        parts.append(self.text[self.at : end])
        self.at = end

    def _single(self, parts: list[Part]) -> None:
        end = self.text.find("'", self.at + 1)
        end = len(self.text) if end < 0 else end
        inner = self.text[self.at + 1 : end]
        self.line += inner.count("\n")
        self.at = end + 1
        parts.append(inner)

    def _escape(self, parts: list[Part]) -> None:
        following = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if following == "\n":
            self.line += 1
        else:
            parts.append(following)

    def _double(self, parts: list[Part], depth: int) -> None:
        text = self.text
        start = self.at
        while self.at < len(text) and text[self.at] != '"':
            c = text[self.at]
            if c not in "\\$`":
                self.line += c == "\n"
                self.at += 1
                continue
            parts.append(text[start : self.at])
            if c == "\\":
                follower = text[self.at + 1 : self.at + 2]
                parts.append(follower if follower in ("\\", '"', "$", "`") else "\\" + follower)
                self.at += 2
            elif c == "`":
                self._backtick(parts, depth)
            else:
                self._dollar(parts, depth, quoted=True)
            start = self.at
        parts.append(text[start : self.at])
        self.at += 1

    def _backtick(self, parts: list[Part], depth: int) -> None:
        self.at += 1
        if depth >= MOST_DEPTH:
            return
        parts.append(Sub(self._nested("`", depth)))

    def _nested(self, closing: str, depth: int) -> Script:
        if depth >= MOST_DEPTH:
            return []
        pending, self.heredocs = self.heredocs, []
        found = self.script(closing, depth + 1)
        self.heredocs = pending
        return found

    def _dollar(self, parts: list[Part], depth: int, *, quoted: bool) -> bool:
        """Read an expansion; True when it is blank space that ends the word."""
        text = self.text
        follower = text[self.at + 1 : self.at + 2]
        if follower == "(" and text[self.at + 1 : self.at + 3] == "((":
            end = text.find("))", self.at, self.at + 400)
            self.at = end + 2 if end >= 0 else self.at + 3
            parts.append("\ufffd")
        elif follower == "(":
            self.at += 2
            parts.append(Sub(self._nested(")", depth)))
        elif follower == "'" and not quoted:
            self._ansi(parts)
        elif follower == "{":
            return self._braced(parts, quoted=quoted)
        elif found := _NAME.match(text, self.at + 1):
            self.at = found.end()
            return self._variable(found.group(), "", parts, quoted=quoted)
        elif follower and follower in "@*#?$!-0123456789":
            self.at += 2
            parts.append("\ufffd" if follower in "?$!#0" else "")
        else:
            self.at += 1
            parts.append("$")
        return False

    def _ansi(self, parts: list[Part]) -> None:
        end = self.at + 2
        while end < len(self.text) and self.text[end] != "'":
            end += 2 if self.text[end] == "\\" else 1
        parts.append(ansi_c(self.text[self.at + 2 : end]))
        self.at = end + 1

    def _braced(self, parts: list[Part], *, quoted: bool) -> bool:
        found = _NAME.match(self.text, self.at + 2)
        end = self.text.find("}", self.at, self.at + 400)
        if end < 0:
            self.at += 2
            parts.append("${")
            return False
        modifier = self.text[found.end() if found else self.at + 2 : end]
        self.at = end + 1
        name = found.group() if found else ""
        return self._variable(name, modifier, parts, quoted=quoted)

    def _variable(self, name: str, modifier: str, parts: list[Part], *, quoted: bool) -> bool:
        if name == "IFS" and not quoted:
            return True
        parts.append(Var(name, modifier) if name else "\ufffd")
        return False


def _join(parts: list[Part]) -> tuple[Part, ...]:
    """Join neighbouring texts."""
    out: list[Part] = []
    texts: list[str] = []
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
            continue
        if texts:
            out.append("".join(texts))
            texts = []
        out.append(part)
    if texts or not out:
        out.append("".join(texts))
    return tuple(out)
