"""Parts of secret paths that are telling enough to be looked for in any text."""

from __future__ import annotations

from functools import cache

from antivenom.analysis import secretpaths

_GENERIC = frozenset(
    [
        ".key",
        ".github",
        ".config",
        ".env",
        ".profile",
        ".docker",
        ".pem",
        ".kube",
        ".vault",
        "config.json",
        "config.toml",
        "config.yaml",
        "config.yml",
        "settings.json",
        "auth.json",
        "settings.xml",
        "default.toml",
        "credentials",
        "user.config",
        "nuget.config",
        "jenkinsfile",
        "cookies",
        "bookmarks",
        "0001",
        "id_",
        "access_tokens",
        "go!",
        "go",
        "python_history",
        "site-packages",
        "dist-packages",
        "node_modules",
        "local",
        "storage",
        "system32",
        "application_default_credentials",
        "service.conf",
        "user.conf",
        "rc.local",
        ".gitconfig",
        ".travis.yml",
        "sessionstorage",
        "open_code",
        "conf.d",
        "profiles.ini",
    ]
)
"""Path parts that prose and ordinary code mention all the time."""


@cache
def secret_words() -> frozenset[str]:
    """Return distinctive parts of secret paths, as people capitalise them."""
    # Both parts of this one are everyday words.
    found: set[str] = {".github/workflows"}
    for word in secretpaths.needles():
        odd = not word.isalpha() or (len(word) > 9 and word[1:] != word[1:].lower())
        if len(word) > 3 and odd and word not in _GENERIC:
            found |= {word, word.title(), word.capitalize()}
    return frozenset(found)


@cache
def path_words() -> frozenset[str]:
    """Return the parts of secret paths that look like identifiers."""
    return frozenset(word for word in secret_words() if word.isidentifier())
