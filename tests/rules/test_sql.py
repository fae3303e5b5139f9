"""A rule as SQL says of many profiles what matching says of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antivenom.model.fact import Fact
from antivenom.model.label import Activation, Role
from antivenom.rules import book, sql
from antivenom.rules.language import ALIASES, CLOSED_FIELDS, NUMBER_ARGS, NUMBER_FIELDS
from antivenom.rules.matching import match_one
from antivenom.rules.rule import Rule
from tests.rules.made import fact, rule
from tests.rules.test_matching import test_tests_and_unknown_fields as matching_cases

Profiles = Mapping[str, Sequence[Fact]]


def column(field: msgspec.structs.FieldInfo) -> str:
    kind = {int: "BIGINT"}.get(field.type, "VARCHAR")
    return f"{field.name} {'VARCHAR[]' if field.name in {'args', 'via'} else kind}"


COLUMNS = ", ".join(column(field) for field in msgspec.structs.fields(Fact))


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        connection.execute(f"CREATE TABLE facts ({COLUMNS})")
        yield connection


def store(database: duckdb.DuckDBPyConnection, profiles: Profiles) -> None:
    database.execute("DELETE FROM facts")
    rows = [
        list(msgspec.structs.astuple(msgspec.structs.replace(one, artifact=name)))
        for name, facts in profiles.items()
        for one in facts
    ]
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        database.executemany(f"INSERT INTO facts VALUES ({marks})", rows)


def holding(database: duckdb.DuckDBPyConnection, one: Rule) -> list[str]:
    return sorted(row[0] for row in database.execute(sql.artifacts(one)).fetchall())


def expected(profiles: Profiles, one: Rule) -> list[str]:
    return sorted(name for name, facts in profiles.items() if match_one(one, facts))


@pytest.mark.parametrize(("test", "fields", "holds"), matching_cases.pytestmark[0].args[1])
def test_every_test_means_the_same(
    database: duckdb.DuckDBPyConnection, test: str, fields: dict[str, Any], holds: bool
) -> None:
    store(database, {"a": [fact("net.send", **fields)]})
    assert holding(database, rule(f"net.send[{test}]")) == (["a"] if holds else [])


def test_every_page_of_the_book_is_sql(database: duckdb.DuckDBPyConnection) -> None:
    store(database, {"a": [fact("net.fetch->code.run")]})
    found = [one.id for one in book.load().rules if holding(database, one)]
    wanted = [one.id for one in book.load().rules if match_one(one, [fact("net.fetch->code.run")])]
    assert found == wanted != []


def test_no_text_of_a_rule_ends_its_literal(database: duckdb.DuckDBPyConnection) -> None:
    odd = ["it's", "a%b_c", "back\\slash", "'; DROP TABLE facts; --", "(.*)", "x"]
    store(database, {text: [fact("net.send", value=text)] for text in odd})
    for text in odd:
        quote = '"' if "'" in text else "'"
        assert holding(database, rule(f"net.send[value={quote}{text}{quote}]")) == [text]
        assert holding(database, rule(f"net.send[value~{quote}{text}{quote}]")) == (
            ["(.*)"] if text == "(.*)" else [text]
        )
    (found,) = database.execute("SELECT " + sql.quoted("a\0'b")).fetchone() or ("",)
    assert found == "a\0'b"


def test_evidence_holds_what_a_rule_binds_and_no_other_rows(
    database: duckdb.DuckDBPyConnection,
) -> None:
    bound = [fact("code.run", line=3), fact("guard.target", line=4)]
    store(database, {"a": [*bound, fact("host.search")]})
    query = sql.evidence(rule("(code.run and guard.target) in same function"))
    rows = database.execute(f"SELECT id, line FROM ({query}) ORDER BY line").fetchall()
    assert rows == [("code.run", 3), ("guard.target", 4)]


# ------------------------------------------------------------------ any facts, any rule

IDS = ("net.fetch", "net.send", "code.run", "secrets.env", "secrets.file", "text.endpoint")
STEPS = ("secrets.env", "secrets.file", "data.pack", "net.fetch", "net.send", "code.run")
TEXTS = ("", "a", "A", "ab", "aXb", "a.b", "K", "ß\nx", "unknown", "x", "2")
ARGS = ("hidden=yes", "hidden=no", "hidden=", "length=12", "length=9", "length=x", "count=٣", "x")

chains_of_ids = st.lists(st.sampled_from(STEPS), min_size=2, max_size=4).map("->".join)
facts = st.builds(
    fact,
    st.sampled_from(IDS) | chains_of_ids,
    member=st.sampled_from(["a.py", "b.py"]),
    scope=st.sampled_from(["", "f", "g"]),
    layer=st.integers(0, 1),
    line=st.integers(0, 3),
    end_line=st.integers(0, 3),
    sink_line=st.integers(0, 3),
    value=st.sampled_from(TEXTS),
    host=st.sampled_from(TEXTS),
    path_class=st.sampled_from(["", "ssh", "aws"]),
    hostclass=st.sampled_from(["", "service", "unknown", "paste"]),
    args=st.lists(st.sampled_from(ARGS), max_size=3).map(tuple),
    activation=st.sampled_from([one.value for one in Activation]),
    role=st.sampled_from([one.value for one in Role]),
    lang=st.sampled_from(["", "python", "sh"]),
    change=st.sampled_from(["new", "same", "unknown"]),
    certainty=st.sampled_from(["low", "high"]),
)


def quoted_values(values: Sequence[str]) -> str:
    return "|".join(f"'{value}'" for value in values)


def one_test(field: str) -> st.SearchStrategy[str]:
    if field in NUMBER_FIELDS | NUMBER_ARGS:
        numbers = st.lists(st.integers(0, 13).map(str) | st.just("9" * 25), min_size=1, max_size=2)
        ops = st.sampled_from(["=", "!=", ">=", "<="])
        return st.tuples(ops, numbers).map(lambda t: f"{field}{t[0]}{'|'.join(t[1])}")
    known = sorted(CLOSED_FIELDS.get(ALIASES.get(field, field), ())) or [
        *TEXTS[1:3],
        *TEXTS[5:],
        "yes",
        "hidden=yes",
    ]
    plain = st.lists(st.sampled_from([k for k in known if "\n" not in k]), min_size=1, max_size=2)
    tests = st.tuples(st.sampled_from(["=", "!="]), plain.map(quoted_values)).map("".join)
    globs = st.text("aAbBK.*xy=n", min_size=1, max_size=4)
    many = st.lists(globs, min_size=1, max_size=2).map(quoted_values)
    return (tests | many.map("~{}".format)).map(field.__add__)


FIELDS = ["value", "host", "class", "path_class", "lang", "scope", "member", "id", "kind", "role"]
FIELDS += ["activation", "change", "certainty", "args", "hidden", "length", "count", "observer"]
FIELDS += ["layer", "line", "end_line", "sink_line"]
tests = st.sampled_from(FIELDS).flatmap(one_test)
tested = st.lists(tests, max_size=2).map(lambda found: f"[{', '.join(found)}]" if found else "")
atoms = st.tuples(st.sampled_from([*IDS, "secrets.*", "net.*|code.run"]), tested).map("".join)
flowing = st.sampled_from([*STEPS, "secrets.*", "net.send|code.run"])
flows = st.lists(st.tuples(flowing, tested).map("".join), min_size=2, max_size=3).map(" -> ".join)
whens = st.sampled_from(["", "", " at any", " at import|build"])
chain_texts = st.tuples(
    st.sampled_from(["", "", "new "]), st.sampled_from(["", "", "2+ ", "3+ "]), atoms | flows, whens
).map("".join)


def joined(items: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    some = st.lists(items, min_size=1, max_size=3)
    words = st.sampled_from([" and ", " or "])
    joins = st.sampled_from(["", " in same function", " in same file", " in same layer"])
    return st.tuples(some, words, joins).map(lambda t: f"({t[1].join(t[0])}){t[2]}")


expressions = st.recursive(chain_texts, joined, max_leaves=5)
rules = st.builds(
    rule,
    expressions,
    when=st.sampled_from([("import", "build"), tuple(Activation)]),
    languages=st.sampled_from([(), ("python",)]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(facts, max_size=6), min_size=1, max_size=6), st.data())
def test_sql_and_matching_agree(
    database: duckdb.DuckDBPyConnection, many: list[list[Fact]], data: st.DataObject
) -> None:
    profiles = {str(n): found for n, found in enumerate(many)}
    store(database, profiles)
    for one in data.draw(st.lists(rules, min_size=1, max_size=4)):
        assert holding(database, one) == expected(profiles, one), one.match
