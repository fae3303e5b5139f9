"""What `antivenom catalog` accepts. Commands are imported when they run."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable
from typing import TypeAlias

from antivenom.errors import MissingDependencyError

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

LABELS = (
    *("malware", "proof-of-concept", "beacon", "spam", "policy", "placeholder", "benign"),
    "unknown",
)
_WHAT = "a sha256 or its beginning, a package URL, or a name"


def add(commands: Commands) -> None:
    """Add the command and its own commands."""
    parser = commands.add_parser(
        "catalog",
        help="keep and search known malware",
        description="A dataset of known malware: import, label, search, export.",
    )
    parser.add_argument(
        "--store", metavar="URL", help="database; default: a file in the user's data folder"
    )
    inner = parser.add_subparsers(metavar="COMMAND", required=True)
    _import(inner)
    _show(inner)
    _search(inner)
    _stats(inner)
    _label(inner)
    _withdraw(inner)
    _export(inner)
    _release(inner)
    _check(inner)
    _campaigns(inner)
    _index(inner)


def command(
    commands: Commands, name: str, about: str, *, module: str = ""
) -> argparse.ArgumentParser:
    """Return the parser of one command; its module is `antivenom.cli.catalog.<module or name>`."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=about, description=about[0].upper() + about[1:] + "."
    )
    parser.set_defaults(run=_runner(module or name))
    return parser


def _runner(module: str) -> Callable[[argparse.Namespace], int]:
    def run(arguments: argparse.Namespace) -> int:
        try:
            found = importlib.import_module(f"antivenom.cli.catalog.{module}")
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("antivenom"):
                raise
            raise MissingDependencyError(
                f"the catalog needs a library that is not installed: {error.name or error}",
                hint="pip install 'antivenom[catalog]'",
            ) from None
        status: int = found.run(arguments)
        return status

    return run


def _import(commands: Commands) -> None:
    parser = command(
        commands,
        "import",
        "import samples, OSV records, reviews and decisions, or an export",
        module="importing",
    )
    add = parser.add_argument
    add("place", metavar="SOURCE", help="a folder, zip or file; samples are name/version/file")
    add("--as", dest="kind", choices=("samples", "osv", "judgements", "jsonl", "parquet"))
    add("--source", metavar="NAME", help="under which its knowledge is kept; default: its name")
    add("--url", default="", help="where it comes from")
    add("--licence", default="", help="under which it may be used")
    add("--listing", metavar="CSV", help="rows about samples; default: SOURCE.csv if there")
    add("--label", choices=LABELS, default="malware", help="what being listed means")
    add("--confidence", choices=("low", "medium", "high"))
    add("--ecosystem", choices=("pypi", "npm", "crates", "maven"), default="")
    add("--password", default="infected", help="of encrypted zips; default: infected")
    add("--keep", action="store_true", help="keep the bytes, sealed, in --blobs")
    add("--blobs", metavar="URL", help="where bytes are kept; default: beside the database")
    add("--again", action="store_true", help="also what was imported before")
    add("--jobs", "-j", metavar="N", type=int, default=0, help="reading processes")


def _show(commands: Commands) -> None:
    parser = command(commands, "show", "show everything known of specimens")
    parser.add_argument("what", metavar="WHAT", help=_WHAT)
    parser.add_argument("--format", choices=("text", "json"), default="text")


def _search(commands: Commands) -> None:
    parser = command(commands, "search", "find specimens by anything that is known of them")
    add = parser.add_argument
    add("text", metavar="TEXT", nargs="?", default="", help="a hash, a package URL, or any text")
    add("--name", default="", help="of the project; * stands for anything")
    add("--purl", default="")
    add("--hash", default="", help="of an archive, a file in it or a hidden text")
    add("--indicator", default="", help="part of a host, URL, wallet ...")
    add("--behavior", default="", help="such as secrets.env->net.send, or secrets.*")
    add("--activation", default="", help="when it runs: startup, install, build, import ...")
    add("--campaign", default="")
    add("--label", choices=LABELS, default="")
    add("--ecosystem", default="")
    add("--source", default="")
    add("--limit", metavar="N", type=int, default=200, help="at most so many; 0 is all")
    add("--format", choices=("text", "jsonl", "ids"), default="text")


def _stats(commands: Commands) -> None:
    parser = command(commands, "stats", "count specimens by label, time, behavior and more")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--plot", metavar="FOLDER", help="also write each count as a plot")
    parser.add_argument("--plot-format", choices=("svg", "png"), default="svg")


def _label(commands: Commands) -> None:
    parser = command(commands, "label", "say what a specimen is")
    add = parser.add_argument
    add("what", metavar="WHAT", help=_WHAT)
    add("label", metavar="LABEL", choices=LABELS, help=", ".join(LABELS))
    _who(parser)
    add("--confidence", choices=("low", "medium", "high"), default="high")


def _withdraw(commands: Commands) -> None:
    parser = command(commands, "withdraw", "take back a statement; it stays on record")
    parser.add_argument("statement", metavar="STATEMENT", help="its id; see `catalog show`")
    _who(parser)


def _who(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reason", required=True, help="why; it is published with the dataset")
    parser.add_argument("--author", default="", help="who says so; default: the user's name")


def _export(commands: Commands) -> None:
    parser = command(commands, "export", "write the catalog in a format others read")
    add = parser.add_argument
    formats = ("osv", "parquet", "jsonl", "stix", "misp")
    add("--format", choices=formats, required=True)
    add("--output", "-o", metavar="PLACE", required=True, help="folder (osv, parquet) or file")
    add("--submission", action="store_true", help="osv: leave out what OSSF assigns itself")
    add("--credit", default="", help="osv, misp: who is to be credited; default: the sources")


def _release(commands: Commands) -> None:
    parser = command(commands, "release", "write a version of the dataset into a folder")
    add = parser.add_argument
    add("version", metavar="VERSION", help="such as 2026.11.0")
    add("--output", "-o", metavar="FOLDER", required=True)
    add("--licence", default="", help="of the dataset; default: none is claimed")


def _check(commands: Commands) -> None:
    parser = command(commands, "check", "say whether files, hashes or releases are known")
    parser.add_argument("targets", metavar="FILE|HASH|PURL", nargs="+")
    parser.add_argument("--index", metavar="FILE", help="of known malware; default: the user's")
    parser.add_argument("--format", choices=("text", "json"), default="text")


def _campaigns(commands: Commands) -> None:
    parser = command(commands, "campaigns", "group specimens by the code and hosts they share")
    parser.add_argument("--good", metavar="FILE", help="known-good code to leave out")
    parser.add_argument("--format", choices=("text", "json"), default="text")


def _index(commands: Commands) -> None:
    parser = commands.add_parser(
        "index",
        help="make what reviews recognise known malware by",
        description="Make what reviews recognise known malware by.",
    )
    inner = parser.add_subparsers(metavar="COMMAND", required=True)
    build = command(inner, "build", "write the index of the catalog's malware", module="index")
    build.add_argument("--output", "-o", metavar="FILE", help="default: where reviews look for it")
    build.add_argument("--good", metavar="FILE", help="known-good code to leave out")
    build.set_defaults(what="build")
    good = command(
        inner, "good", "read the code of ordinary packages, to leave it out", module="index"
    )
    good.add_argument("folders", metavar="FOLDER", nargs="+", help="archives you vouch for")
    good.add_argument("--output", "-o", metavar="FILE", help="default: in the user's data folder")
    good.add_argument("--jobs", "-j", metavar="N", type=int, default=0, help="reading processes")
    good.set_defaults(what="good")
    show = command(inner, "show", "say what an index holds", module="index")
    show.add_argument("--index", metavar="FILE", help="default: where reviews look for it")
    show.set_defaults(what="show")
