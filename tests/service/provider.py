"""An OpenID Connect provider on loopback, faithful as far as signing in needs, wrong if asked."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.builders.loopback import Handler, listening

KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}, private=True)
OTHER = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}, private=True)


@dataclass
class Provider:
    """Who signs in there, and what is wrong with the answer."""

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    """Over the right ones; None leaves one out."""
    key: RSAKey = field(default_factory=lambda: KEY)
    algorithm: str = "RS256"
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    """Code -> the query of the person who was sent here."""
    now: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Authorization header and body of each question for a token."""

    def signs_in(self, address: str) -> str:
        """Do what a person does at the provider; return where they are sent back."""
        query = {k: v[0] for k, v in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        return f"{query['redirect_uri']}?code={code}&state={query['state']}"

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, Any]:
        """Return status and body for a path."""
        if path == "/.well-known/openid-configuration":
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            return 200, {"issuer": self.issuer} | {n: f"{self.issuer}/{n}" for n in names}
        if path == "/jwks_uri":
            return 200, {"keys": [KEY.as_dict(private=False)]}
        query = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if query is None or query["code_challenge"] != challenge:
            return 400, {"error": "invalid_grant"}
        right = {
            "iss": self.issuer,
            "aud": query["client_id"],
            "sub": "subject-1",
            "iat": self.now,
            "exp": self.now + 300,
            "nonce": query["nonce"],
            "preferred_username": "grace",
            "groups": ["everybody", "security"],
        }
        claims = {k: v for k, v in (right | self.claims).items() if v is not None}
        header = {"alg": self.algorithm, "kid": "one"}
        return 200, {"id_token": jwt.encode(header, claims, self.key)}


@contextmanager
def providing() -> Iterator[Provider]:
    """Run a provider until the block ends."""
    here = Provider()

    class Provides(Handler):
        def do_GET(self) -> None:
            self.say({})

        def do_POST(self) -> None:
            body = self.body().decode()
            here.asked.append((self.headers.get("Authorization", ""), body))
            self.say({k: v[0] for k, v in parse_qs(body).items()})

        def say(self, form: dict[str, str]) -> None:
            status, document = here.answer(urlsplit(self.path).path, form)
            self.answer(status, json.dumps(document).encode())

    with listening(Provides) as here.issuer:
        yield here
