from __future__ import annotations

import pytest

from antivenom.model.artifact import Artifact, ArtifactKind
from antivenom.model.coordinate import Ecosystem
from antivenom.model.limits import DEFAULT_LIMITS
from antivenom.model.tree import MemberKind
from antivenom.unpack import unpack
from tests.builders import archives as b
from tests.unpack.reading import content, kinds, opened, paths

CODE = b"print('hello')\n"


def test_a_wheel() -> None:
    tree = opened(b.wheel({"demo/__init__.py": CODE}), "demo-1.0-py3-none-any.whl")
    assert tree.kind is ArtifactKind.WHEEL
    assert content(tree, "demo/__init__.py") == CODE
    assert (tree.anomalies, tree.losses) == ((), ())


@pytest.mark.parametrize("how", ["gz", "bz2", "xz", "zst", ""])
def test_an_sdist_in_every_compression(how: str) -> None:
    name = f"demo-1.0.tar{'.' + how if how else ''}"
    tree = opened(b.sdist({"setup.py": CODE}, compress=how), name)
    assert tree.kind is ArtifactKind.SDIST
    assert content(tree, "demo-1.0/setup.py") == CODE
    assert (tree.anomalies, tree.losses) == ((), ())


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b.npm({"package.json": "{}"}), "demo-1.0.tgz", ArtifactKind.NPM),
        (b.make_zip({"EGG-INFO/PKG-INFO": b"", "demo.py": CODE}), "d.egg", ArtifactKind.EGG),
        (b.make_zip({"META-INF/MANIFEST.MF": ""}), "demo.jar", ArtifactKind.JAR),
        (b.make_zip({"demo/x.py": CODE}), "demo.zip", ArtifactKind.ARCHIVE),
        (b.make_zip({"demo-1.0/setup.py": CODE}), "demo-1.0.zip", ArtifactKind.SDIST),
        (b.compressed(b.make_tar({"demo-1.0/Cargo.toml": ""}), "gz"), "d.crate",
         ArtifactKind.CRATE),
    ],
)  # fmt: skip
def test_contents_decide_the_kind(data: bytes, name: str, kind: ArtifactKind) -> None:
    tree = opened(data, name)
    assert tree.kind is kind
    assert kinds(tree) == set()


def test_the_registry_decides_between_equal_readings() -> None:
    data = b.compressed(b.make_tar({"demo-1.0/Cargo.toml": "", "demo-1.0/setup.py": ""}), "gz")
    artifact = Artifact(
        path="x", filename="demo-1.0.crate", sha256="", size=len(data), data=data,
        ecosystem=Ecosystem.CRATES,
    )  # fmt: skip
    assert unpack(artifact, DEFAULT_LIMITS).kind is ArtifactKind.CRATE


def test_a_single_file() -> None:
    tree = opened(CODE, "demo.py")
    assert (tree.kind, paths(tree)) == (ArtifactKind.FILE, ["demo.py"])
    assert content(tree, "demo.py") == CODE
    assert (tree.anomalies, tree.losses) == ((), ())


def test_a_compressed_single_file() -> None:
    tree = opened(b.compressed(CODE, "gz"), "demo.py.gz")
    assert content(tree, "demo.py") == CODE


@pytest.mark.parametrize("stored", [True, False])
def test_nested_archives_follow_their_container(stored: bool) -> None:
    inner = b.make_zip({"inner.py": CODE})
    tarred = b.compressed(b.make_tar({"deep/x.zip": inner, "readme": b"r"}), "xz")
    tree = opened(b.make_zip({"a.txt": b"a", "data.bin": tarred, "z.txt": b"z"}, stored=stored))
    assert paths(tree) == [
        "a.txt",
        "data.bin",
        "data.bin!/deep/x.zip",
        "data.bin!/deep/x.zip!/inner.py",
        "data.bin!/readme",
        "z.txt",
    ]
    assert content(tree, "data.bin!/deep/x.zip!/inner.py") == CODE
    assert [m.depth for m in tree.members] == [0, 0, 1, 2, 1, 0]
    assert kinds(tree) == set()


def test_a_nested_zip_at_the_end_is_no_second_archive() -> None:
    inner = b.make_zip({"inner.py": CODE}, stored=True)
    for data, name in (
        (b.make_zip({"a.py": CODE, "z.zip": inner}, stored=True), "demo.zip"),
        (b.make_tar({"a.py": CODE, "z.zip": inner}), "demo.tar"),
    ):
        tree = opened(data, name)
        assert paths(tree) == ["a.py", "z.zip", "z.zip!/inner.py"]
        assert kinds(tree) == set()


def test_an_application_behind_a_script_line_is_opened_when_nested() -> None:
    app = b"#!/usr/bin/env python3\n" + b.make_zip({"__main__.py": CODE})
    tree = opened(b.make_zip({"tool.bin": app}))
    assert content(tree, "tool.bin!/__main__.py") == CODE


def test_sizes_behind_the_data_are_ordinary() -> None:
    tree = opened(b.streamed_zip({"demo/a.py": CODE, "demo/b.py": CODE * 50}))
    assert content(tree, "demo/b.py") == CODE * 50
    assert kinds(tree) == set()


def test_zip64_records_are_ordinary() -> None:
    tree = opened(b.zip_parts([b.Part(name=b"a.py", data=b"x = 1\n")], zip64=True))
    assert content(tree, "a.py") == b"x = 1\n"
    assert kinds(tree) == set()


def test_a_commit_id_as_comment_is_ordinary() -> None:
    tree = opened(b.zip_parts([b.Part(name=b"a.py", data=b"x")], comment=b"0123456789" * 4))
    assert kinds(tree) == set()


def test_long_and_foreign_names_in_every_tar_dialect() -> None:
    import tarfile

    names = ["demo-1.0/" + "long/" * 40 + "x.py", "demo-1.0/ü/日本.py"]
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        tree = opened(b.make_tar(dict.fromkeys(names, CODE), form=form), "demo-1.0.tar")
        assert paths(tree) == names
        assert kinds(tree) == set()


def test_a_source_tree_opens_the_archives_in_it() -> None:
    inner = opened(b.make_zip({"pkg/setup.py": CODE, "pkg/data.zip": b.make_zip({"x.py": CODE})}))
    files = [m for m in inner.members if m.depth == 0]
    artifact = Artifact(path=".", filename="pkg", sha256="", size=100, files=files)
    tree = unpack(artifact, DEFAULT_LIMITS)
    assert tree.kind is ArtifactKind.TREE
    assert paths(tree) == ["pkg/setup.py", "pkg/data.zip", "pkg/data.zip!/x.py"]
    assert content(tree, "pkg/data.zip!/x.py") == CODE


def test_folders_are_members() -> None:
    tree = opened(b.make_zip({"demo/": b"", "demo/a.py": CODE}))
    assert [m.kind for m in tree.members] == [MemberKind.FOLDER, MemberKind.FILE]
    assert tree.members[0].read() == b""


def test_a_wheel_under_another_name_is_read_and_said() -> None:
    tree = opened(b.wheel({"demo.py": CODE}), "demo-1.0.tar.gz")
    assert tree.kind is ArtifactKind.WHEEL
    assert kinds(tree) == {"mislabelled"}
    assert tree.losses == ()


@pytest.mark.parametrize("data", [b"", b"no archive at all", bytes(600)])
def test_no_archive_under_an_archive_name_is_a_loss(data: bytes) -> None:
    tree = opened(data, "demo-1.0.tar.gz")
    assert "unreadable" in kinds(tree)
    assert tree.losses[0].member == ""
