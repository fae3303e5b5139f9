"""What OSV 1.7.5 and OSSF's malicious-packages demand of a record, in our words.

The schema's own text is not kept here: this is the part our records touch, closed everywhere, so
that a key we did not mean to write is an error.
"""

from __future__ import annotations

from typing import Any

import jsonschema

_TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
_EVENT = {
    "type": "object",
    "oneOf": [{"required": [name]} for name in ("introduced", "fixed", "last_affected", "limit")],
    "additionalProperties": {"type": "string"},
    "maxProperties": 1,
}
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["id", "modified"],
    "additionalProperties": False,
    "properties": {
        "schema_version": {"const": "1.7.5"},
        "id": {"type": "string", "pattern": "^MAL-"},
        "modified": _TIME,
        "published": _TIME,
        "withdrawn": _TIME,
        "summary": {"type": "string"},
        "details": {"type": "string", "minLength": 1},
        "affected": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,  # OSSF: exactly one
            "items": {
                "type": "object",
                "additionalProperties": False,  # OSSF: no ecosystem_specific, no severity
                "required": ["package"],
                "properties": {
                    "package": {
                        "type": "object",
                        "required": ["ecosystem", "name"],
                        "additionalProperties": False,
                        "properties": {
                            "ecosystem": {"type": "string", "minLength": 1},
                            "name": {"type": "string", "pattern": r"^[^\x00-\x1f\x7f]+$"},
                            "purl": {"type": "string", "pattern": "^pkg:"},
                        },
                    },
                    "versions": {"type": "array", "items": {"type": "string"}},
                    "ranges": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["type", "events"],
                            "properties": {
                                "type": {"enum": ["SEMVER", "ECOSYSTEM"]},
                                "events": {
                                    "type": "array",
                                    "minItems": 1,
                                    "items": _EVENT,
                                    "contains": {"required": ["introduced"]},
                                },
                            },
                        },
                    },
                    "database_specific": {
                        "type": "object",
                        "propertyNames": {"enum": ["cwes", "indicators", "iocs", "ghsa"]},
                        "additionalProperties": {"type": ["array", "object"]},
                    },
                },
            },
        },
        "credits": {
            "type": "array",
            "minItems": 1,  # OSSF: credits or references
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "minLength": 1},
                    "type": {"enum": ["FINDER", "REPORTER", "ANALYST", "TOOL", "OTHER"]},
                },
            },
        },
        "database_specific": {
            "type": "object",
            "propertyNames": {"enum": ["malicious-packages-origins", "iocs"]},
            "properties": {
                "iocs": {
                    "type": "object",
                    "propertyNames": {"enum": ["domains", "urls", "ips", "ip_addresses"]},
                    "additionalProperties": {"type": "array", "items": {"type": "string"}},
                }
            },
        },
    },
}
_SEMVER = {"npm", "Go", "Hex", ".".join(("crates", "io"))}


def check(document: dict[str, Any]) -> None:
    """Raise when a composed record breaks a rule of either."""
    jsonschema.validate(document, SCHEMA, cls=jsonschema.Draft202012Validator)
    package = document["affected"][0]["package"]
    for one in document["affected"][0].get("ranges", []):
        assert one["type"] != "SEMVER" or package["ecosystem"] in _SEMVER
    assert (
        package["purl"].rpartition("/")[2].partition("@")[0] == package["name"].rpartition("/")[2]
    )
