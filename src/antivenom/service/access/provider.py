"""An OpenID Connect provider, as far as signing in needs it: the code flow with PKCE."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import threading
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
from msgspec import Struct

from antivenom.errors import ConfigError, NetworkError
from antivenom.service.settings import Settings

_MOST_BYTES = 1 << 20
_SIGNED = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
"""Never ``none``, never a shared secret."""
_LEEWAY = 60


class Claims(Struct, frozen=True, kw_only=True):
    """Who the provider says somebody is."""

    subject: str
    values: dict[str, Any]


class _Configuration(Struct, frozen=True, kw_only=True):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Answer(Struct, frozen=True, kw_only=True):
    id_token: str


_CONFIGURATION = msgspec.json.Decoder(_Configuration)
_TOKENS = msgspec.json.Decoder(_Answer)


class Provider:
    """One provider; its configuration is read when somebody first signs in."""

    def __init__(self, settings: Settings) -> None:
        """Ask nobody yet."""
        self._settings = settings
        self._known: _Configuration | None = None
        self._lock = threading.Lock()

    def address(self, *, state: str, nonce: str, verifier: str, back: str) -> str:
        """Return where a person is sent to sign in."""
        challenge = hashlib.sha256(verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self._settings.oidc_client,
            "redirect_uri": back,
            "scope": "openid profile email",
            "state": state,
            "nonce": nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        place = self._configuration().authorization_endpoint
        return f"{place}{'&' if '?' in place else '?'}{urlencode(query)}"

    def claims(self, *, code: str, nonce: str, verifier: str, back: str, now: datetime) -> Claims:
        """Return who signed in. Raises `NetworkError`, also when the answer proves nothing."""
        known = self._configuration()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": verifier,
        }
        body = _ask("POST", known.token_endpoint, form, self._login(known, form))
        try:
            token = _TOKENS.decode(body).id_token
        except msgspec.DecodeError:
            raise NetworkError("the provider's answer holds no identity") from None
        keys = _ask("GET", known.jwks_uri)
        return self._checked(token, keys, nonce, now)

    def _login(self, known: _Configuration, form: dict[str, str]) -> tuple[str, str] | None:
        """Say who we are as the provider wants it: by HTTP Basic, or in the form."""
        client, secret = self._settings.oidc_client, self._settings.oidc_secret
        if secret and "client_secret_basic" in known.token_endpoint_auth_methods_supported:
            return client, secret
        form |= {"client_id": client} | ({"client_secret": secret} if secret else {})
        return None

    def _configuration(self) -> _Configuration:
        with self._lock:
            if self._known is None:
                issuer = self._settings.oidc_issuer.rstrip("/")
                body = _ask("GET", f"{issuer}/.well-known/openid-configuration")
                try:
                    found = _CONFIGURATION.decode(body)
                except msgspec.DecodeError as error:
                    raise NetworkError(f"the provider's configuration: {error}") from None
                if found.issuer != self._settings.oidc_issuer:
                    raise NetworkError("the provider calls itself otherwise than the settings do")
                self._known = found
            return self._known

    def _checked(self, token: str, keys: bytes, nonce: str, now: datetime) -> Claims:
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        known = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=_LEEWAY,
            iss={"essential": True, "value": self._settings.oidc_issuer},
            aud={"essential": True, "value": self._settings.oidc_client},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            found = jwt.decode(token, KeySet.import_key_set(_key_set(keys)), algorithms=_SIGNED)
            known.validate(found.claims)
        except (JoseError, msgspec.MsgspecError, ValueError, TypeError, KeyError) as error:
            raise NetworkError(f"the identity is not valid: {type(error).__name__}") from None
        return Claims(subject=str(found.claims["sub"]), values=dict(found.claims))


def _key_set(keys: bytes) -> Any:  # noqa: ANN401  as the library has it
    found: dict[str, Any] = dict(msgspec.json.decode(keys))
    # Keys for encryption, and kinds the library does not know, are none of our business.
    wanted = [k for k in found.get("keys", []) if isinstance(k, dict) and k.get("use") != "enc"]
    return {"keys": [key for key in wanted if key.get("kty") in ("RSA", "EC", "OKP")]}


def _ask(
    method: str,
    url: str,
    form: dict[str, str] | None = None,
    login: tuple[str, str] | None = None,
) -> bytes:
    import httpx

    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and _loopback(parts.hostname or "")):
        raise ConfigError("a provider is asked over https only")
    try:
        with (
            httpx.Client(timeout=15, follow_redirects=False) as client,
            client.stream(method, url, data=form, auth=login) as answer,
        ):
            body = b""
            for chunk in answer.iter_bytes(1 << 16):
                body += chunk
                if len(body) > _MOST_BYTES:
                    raise NetworkError("the provider's answer is too large")
    except httpx.HTTPError as error:
        raise NetworkError(f"the provider cannot be asked: {type(error).__name__}") from None
    if answer.status_code != 200:
        raise NetworkError(f"the provider answered {answer.status_code}")
    return body


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
