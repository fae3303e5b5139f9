"""A registry of npm on the loopback index: packuments made from the tarballs, or told otherwise."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tests.builders.archives import npm as tarball
from tests.builders.index import FakeIndex


@dataclass
class FakeRegistry:
    """Packages of npm served beside a simple index."""

    fake: FakeIndex
    pages: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The registry's address, with a slash at its end."""
        return self.fake.url.split("/simple")[0] + "/npm/"

    def publish(
        self,
        name: str,
        version: str,
        files: Mapping[str, str],
        *,
        manifest: Mapping[str, Any] | None = None,
        shown: Mapping[str, Any] | None = None,
        time: str = "",
        tags: tuple[str, ...] = ("latest",),
        **page: Any,
    ) -> bytes:
        """Serve a version; `shown` replaces fields of what the registry says, None leaves one out.

        `page` sets fields of the package itself, such as its README.
        """
        fields = {"name": name, "version": version, **(manifest or {})}
        data = tarball({"package.json": json.dumps(fields, indent=1), **files})
        path = f"{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
        told = {**fields, **(shown or {})}
        told = {key: value for key, value in told.items() if value is not None}
        dist = {
            "tarball": self.url + path,
            "shasum": hashlib.sha1(data, usedforsecurity=False).hexdigest(),
            "integrity": "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode(),
        }
        found = self.pages.setdefault(name, {"name": name, "dist-tags": {}, "versions": {}})
        found["versions"][version] = {**told, "dist": {**dist, **told.get("dist", {})}}
        found["dist-tags"].update(dict.fromkeys(tags, version))
        if time:
            found.setdefault("time", {})[version] = time
        found.update(page)
        self.fake.raw[f"/npm/{path}"] = ("application/octet-stream", data)
        body = json.dumps(found).encode()
        self.fake.raw[f"/npm/{quote(name, safe='@')}"] = ("application/json", body)
        return data
