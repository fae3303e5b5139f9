"""npm packages: what runs when, by their manifest, gyp files and folder hooks."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antivenom import ecosystems
from antivenom.ecosystems.npm.label import label
from antivenom.model.artifact import Artifact, ArtifactKind
from antivenom.model.coordinate import Ecosystem
from antivenom.model.label import Activation, Labels, Role
from antivenom.model.tree import Tree
from tests.ecosystems.trees import roots, seen, tree


def npm(files: dict[str, str | bytes], **manifest: object) -> Tree:
    """A tarball of demo 1.0.0 with these fields in its package.json."""
    text = json.dumps({"name": "demo", "version": "1.0.0", **manifest}, indent=1)
    everything = {"package.json": text, **files}
    return tree(ArtifactKind.NPM, {f"package/{path}": data for path, data in everything.items()})


def hooks(labels: Labels) -> set[tuple[str, str, str]]:
    return {(h.name, h.activation.value, h.command) for h in labels.hooks}


def test_scripts_run_on_install_and_name_the_files_they_start() -> None:
    files: dict[str, str | bytes] = {"setup.js": "", "lib/a.js": "", "tools/run": ""}
    scripts = {"preinstall": "node setup.js", "postinstall": "./tools/run", "test": "node lib/a"}
    labels = label(npm(files, scripts=scripts), "demo-1.0.0.tgz")
    assert hooks(labels) == {
        ("scripts.preinstall", "install", "node setup.js"),
        ("scripts.postinstall", "install", "./tools/run"),
    }
    assert roots(labels) == {
        ("package/setup.js", "install", ""), ("package/tools/run", "install", ""),
    }  # fmt: skip
    assert labels.hooks[0].line == 5
    assert labels.members["package/package.json"].activation is Activation.INSTALL
    assert labels.members["package/lib/a.js"].activation is Activation.CALL


def test_a_script_started_by_name_runs_when_its_starter_does() -> None:
    scripts = {"postinstall": "npm run -s build", "prebuild": "echo a", "build": "yarn c", "c": "x"}
    labels = label(npm({}, scripts=scripts), "")
    assert {(name, when) for name, when, _ in hooks(labels)} == {
        (f"scripts.{name}", "install") for name in ("postinstall", "prebuild", "build", "c")
    }


def test_scripts_that_start_each_other_end() -> None:
    labels = label(
        npm({}, scripts={"install": "npm run a", "a": "npm run b", "b": "npm run a"}), ""
    )
    assert len(labels.hooks) == 3


@pytest.mark.parametrize(
    ("fields", "when"),
    [
        ({}, "install"),
        ({"scripts": {"install": "node-gyp-build"}}, "install"),
        ({"scripts": {"preinstall": "node check.js"}}, "build"),
    ],
)
def test_a_gyp_file_is_built_without_a_script(fields: dict[str, object], when: str) -> None:
    gyp = "{'targets': [{'sources': ['<!(node index.js > /dev/null && echo stub.c)']}]}"
    labels = label(npm({"binding.gyp": gyp, "index.js": ""}, **fields), "")
    command = "node index.js > /dev/null && echo stub.c"
    assert ("binding.gyp", when, command) in hooks(labels)
    assert ("package/index.js", when, "") in roots(labels)


def test_a_gyp_file_that_is_no_gyp_file_is_not_built() -> None:
    gyp = "{'variables': {'x': '<!(node index.js)'}}"
    assert not label(npm({"binding.gyp": gyp}, gypfile=False), "").hooks


def test_gyp_actions_are_command_lines() -> None:
    gyp = "{'actions': [{'action': ['python', 'gen.py', '-o', 'x']}]}"
    assert ("binding.gyp", "install", "python gen.py -o x") in hooks(
        label(npm({"binding.gyp": gyp}), "")
    )


@pytest.mark.parametrize(
    ("fields", "loaded"),
    [
        ({}, {"index.js"}),
        ({"main": "./lib"}, {"lib/index.js", "index.js"}),
        ({"main": "lib/a"}, {"lib/a.js", "index.js"}),
        ({"exports": {".": {"types": "./x.d.ts", "import": "./b.mjs"}}}, {"b.mjs", "index.js"}),
        ({"exports": {"./*": "./lib/*.js"}}, {"lib/index.js", "lib/a.js", "index.js"}),
        ({"browser": {"./lib/a.js": "./b.mjs"}}, {"b.mjs", "index.js"}),
        ({"main": "../../outside.js"}, {"index.js"}),
        ({"main": 7, "exports": [None, 3]}, {"index.js"}),
    ],
)
def test_entry_points_are_loaded_on_import(fields: dict[str, object], loaded: set[str]) -> None:
    files: dict[str, str | bytes] = dict.fromkeys(
        ["index.js", "lib/index.js", "lib/a.js", "b.mjs", "x.d.ts"], ""
    )
    found = {member for member, when, _ in roots(label(npm(files, **fields), ""))}
    assert found == {f"package/{path}" for path in loaded}


def test_commands_run_and_those_that_hide_a_tool_are_said() -> None:
    labels = label(npm({"cli.js": ""}, bin={"demo": "cli.js", "curl": "./cli.js"}), "")
    assert ("package/cli.js", "run", "") in roots(labels)
    assert ("meta.shadowing-command", "curl") in seen(labels)
    assert ("meta.shadowing-command", "demo") not in seen(labels)


def test_folders_that_act_when_they_are_opened() -> None:
    tasks = {"tasks": [{"command": "node", "args": ["x.js"], "runOptions": {"runOn": "folderOpen"}},
                       {"command": "make"}]}  # fmt: skip
    agent = {"hooks": {"SessionStart": [{"hooks": [{"type": "command", "command": "node y.js"}]}]}}
    labels = label(
        npm({
            ".vscode/tasks.json": "// by hand\n" + json.dumps(tasks),
            ".claude/settings.json": json.dumps(agent),
            "x.js": "", "y.js": "",
        }), "",
    )  # fmt: skip
    assert hooks(labels) == {
        (".vscode/tasks.json", "open", "node x.js"), (".claude/settings.json", "open", "node y.js"),
    }  # fmt: skip
    assert ("package/x.js", "open", "") in roots(labels)


def test_what_is_bundled_installs_too() -> None:
    inner = json.dumps({"name": "inner", "scripts": {"postinstall": "node run.js"}})
    labels = label(
        npm({"node_modules/@a/inner/package.json": inner, "node_modules/@a/inner/run.js": ""}), ""
    )
    assert roots(labels) == {("package/node_modules/@a/inner/run.js", "install", "")}


@pytest.mark.parametrize(
    ("spec", "value"),
    [
        ("http://packages.invalid/a.tgz", "http://packages.invalid/a.tgz"),
        ("git+ssh://git@git.example/a/b.git", "git+ssh://git@git.example/a/b.git"),
        ("somebody/router#79ac49e", "somebody/router#79ac49e"),
        ("github:somebody/router", "github:somebody/router"),
        ("^1.0.0 || 2.x", None),
        ("npm:other@1", None),
        ("file:../x", None),
    ],
)
def test_dependencies_from_addresses(spec: str, value: str | None) -> None:
    used: dict[str, str | bytes] = {"index.js": "require('router')"}
    found = seen(label(npm(used, dependencies={"router": spec}), ""))
    assert found == ({("meta.url-dependency", value)} if value else set())


def test_optional_dependencies_on_one_commit() -> None:
    spec = f"github:somebody/router#{'79ac49ee' * 5}"
    used: dict[str, str | bytes] = {"index.js": "require('router')"}
    labels = label(npm(used, optionalDependencies={"router": spec}), "")
    assert [s.args for _, _, s in labels.sightings] == [
        ("optional=yes", "from=repository", "form=commit")
    ]


def test_versions_meant_to_win() -> None:
    assert ("meta.version-jump", "99.99.99") in seen(label(npm({}, version="99.99.99"), ""))
    assert not seen(label(npm({}, version="2024.1.0"), ""))


def test_file_names_that_say_another_version() -> None:
    assert {i for i, _ in seen(label(npm({}), "demo-1.0.1.tgz"))} == {"meta.mismatch"}
    assert not seen(label(npm({}, name="@a/demo"), "demo-1.0.0.tgz"))


def test_roles() -> None:
    files: dict[str, str | bytes] = dict.fromkeys(
        ["a.js", "test/a.js", "a.spec.ts", "examples/a.js", "types.d.ts", "README.md",
         "dist/a.min.js", "node_modules/b/c.js", "docs/x.js", "example.js",
         "integration/test.sh"], "")  # fmt: skip
    labels = label(npm(files), "")
    found = {path.removeprefix("package/"): one.role for path, one in labels.members.items()}
    assert found == {
        "package.json": Role.CODE, "a.js": Role.CODE, "test/a.js": Role.TEST,
        "a.spec.ts": Role.TEST, "examples/a.js": Role.EXAMPLE, "types.d.ts": Role.DATA,
        "README.md": Role.DOCS, "dist/a.min.js": Role.GENERATED,
        "node_modules/b/c.js": Role.VENDORED, "docs/x.js": Role.DOCS,
        "example.js": Role.EXAMPLE, "integration/test.sh": Role.TEST,
    }  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.recursive(
    st.none() | st.text(max_size=12) | st.integers(), lambda c: st.lists(c, max_size=4)
    | st.dictionaries(st.sampled_from(["main", "scripts", "bin", "exports", "dependencies",
                                       "author", "install", ".", "directories"]), c, max_size=5),
    max_leaves=12))  # fmt: skip
def test_no_manifest_is_an_error(value: object) -> None:
    text = json.dumps(value)
    labels = label(tree(ArtifactKind.NPM, {"package/package.json": text}), "demo-1.0.0.tgz")
    assert labels.members["package/package.json"].role is Role.CODE


@pytest.mark.parametrize(
    ("kind", "files", "expected"),
    [
        (ArtifactKind.NPM, ["package/package.json"], Ecosystem.NPM),
        (ArtifactKind.FILE, ["a.mjs"], Ecosystem.NPM),
        (ArtifactKind.FILE, ["a.py"], Ecosystem.PYPI),
        (ArtifactKind.TREE, ["package.json", "a.js"], Ecosystem.NPM),
        (ArtifactKind.TREE, ["package.json", "setup.py"], Ecosystem.PYPI),
        (ArtifactKind.WHEEL, ["a/package.json"], Ecosystem.PYPI),
    ],
)
def test_contents_tell_the_registry(
    kind: ArtifactKind, files: list[str], expected: Ecosystem
) -> None:
    artifact = Artifact(path="x", filename="x", sha256="", size=0)
    assert ecosystems.of(artifact, tree(kind, dict.fromkeys(files, ""))).id is expected
