"""What the command line accepts. Commands are imported when they run."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from antivenom._version import __version__
from antivenom.cli import api, feeds, hunt, lab, service, tokens, users
from antivenom.cli.catalog import parser as catalog
from antivenom.cli.numbers import positive
from antivenom.report import FORMATS

FAIL_ON = ("suspicious", "malicious", "never")
_STATUS = """\
exit status:
  0  nothing at or above --fail-on
  1  something at or above --fail-on
  2  wrong usage, or a target could not be had
  3  nothing above, but something inconclusive: it was not read, so it is not called clean
"""
_RELEASES = """\
OLD and NEW are
  two archives, two folders, or two releases such as NAME==1.0 and NAME==1.1.
What exists on disk is a path, anything else is a name. Nothing of a package is ever run.
"""
_TARGETS = """\
a TARGET is
  an archive, a folder of archives or a source tree on this machine,
  NAME, NAME==VERSION or pkg:pypi/NAME@VERSION in the index that pip is configured with,
  pylock.toml or uv.lock, or - for a list on standard input.
What exists on disk is a path, anything else is a name. Nothing of a package is ever run.
"""


def build() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="antivenom",
        description="Reviews packages for malice before people install them.",
        epilog="try: antivenom review NAME",
    )
    parser.add_argument("--version", action="version", version=f"antivenom {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _review(commands)
    _diff(commands)
    _rules(commands)
    _explain(commands)
    hunt.add(commands)
    catalog.add(commands)
    lab.add(commands)
    service.add(commands)
    api.add(commands)
    feeds.add(commands)
    users.add(commands)
    tokens.add(commands)
    _completion(commands)
    return parser


def _review(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "review",
        help="review packages, files, folders or an environment",
        description="Review packages for malice.",
        epilog=_TARGETS + "\n" + _STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("targets", metavar="TARGET", nargs="*", help="what to review, see below")
    _files(
        add(
            "-r",
            "--requirement",
            metavar="FILE",
            action="append",
            default=[],
            help="review what a requirements file or lock file names",
        )
    )
    _files(
        add(
            "--environment",
            metavar="PATH",
            action="append",
            default=[],
            help="review what is installed in an environment",
        )
    )
    _written(parser)
    _files(
        add(
            "--baseline",
            metavar="WHAT",
            help="compare with: auto (the previous release), a FILE, a VERSION, or none; "
            "default: auto for what is asked for by name",
        )
    )
    add(
        "--deps",
        action="store_true",
        help="also review the dependencies named in wheel metadata; nothing is built",
    )
    parser.set_defaults(run=_command("review"))


def _diff(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "diff",
        help="review a release against an earlier one",
        description="Review NEW, and say what it does that OLD did not.",
        epilog=_RELEASES + "\n" + _STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name in ("old", "new"):
        said = f"the {name} release, see below"
        _files(parser.add_argument(name, metavar=name.upper(), help=said))
    _written(parser)
    parser.set_defaults(run=_command("diff"), deps=False, baseline=None)


def _written(parser: argparse.ArgumentParser) -> None:
    """Add what commands that write reviews share."""
    add = parser.add_argument
    add("--format", choices=FORMATS, help="text (default), json, jsonl, sarif or html")
    _files(add("--output", "-o", metavar="FILE", help="write there instead of standard output"))
    add("--jobs", "-j", metavar="N", type=positive, help="reviewing processes; default: all cores")
    add("--fail-on", choices=FAIL_ON, help="which verdict gives exit status 1; default: malicious")
    add(
        "--offline",
        action="store_true",
        default=None,
        help="ask no index; use what was fetched before",
    )
    add("--verbose", "-v", action="store_true", help="show everything that was found")
    add("--lake", metavar="PLACE", help="keep the facts there, for `hunt`: a folder or a URL")


def _rules(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("rules", help="list the rules", description="List the rules.")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.set_defaults(run=_command("rules"))


def _explain(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "explain", help="say what a rule finds and why", description="Explain one rule."
    )
    parser.add_argument("rule", metavar="RULE", help="its id, such as folder/name; see `rules`")
    parser.set_defaults(run=_command("explain"))


def _completion(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "completion",
        help="print a shell completion script",
        description='Print a completion script, for: eval "$(antivenom completion bash)"',
    )
    parser.add_argument("shell", choices=("bash", "zsh", "tcsh"))
    parser.set_defaults(run=_command("completion"))


def _command(name: str) -> Callable[[argparse.Namespace], int]:
    """Return a runner that imports its command only when it is chosen."""

    def run(arguments: argparse.Namespace) -> int:
        if name == "review":
            from antivenom.cli import review

            return review.run(arguments)
        if name == "diff":
            from antivenom.cli import diff

            return diff.run(arguments)
        if name == "rules":
            from antivenom.cli import rules

            return rules.run(arguments)
        if name == "explain":
            from antivenom.cli import explain

            return explain.run(arguments)
        from antivenom.cli import completion

        return completion.run(arguments)

    return run


def _files(action: Any) -> None:  # noqa: ANN401  shtab reads this attribute of an action
    """Let a shell complete file names here."""
    action.complete = {
        "bash": "_shtab_compgen_files",
        "zsh": "_files",
        "tcsh": "f",
    }
