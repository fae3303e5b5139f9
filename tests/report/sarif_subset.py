"""What SARIF 2.1.0 asks of the parts we write, closed: a property it does not name is an error.

Written from the specification (its sections stand beside the parts). The complete schema is 100 kB
of another project and no package ships it.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string", "minLength": 1}
BAG: Schema = {"type": "object", "properties": {"tags": {"type": "array", "uniqueItems": True}}}
LEVEL: Schema = {"enum": ["none", "note", "warning", "error"]}
LINE: Schema = {"type": "integer", "minimum": 1}
INDEX: Schema = {"type": "integer", "minimum": -1}


def closed(required: list[str], **properties: Schema) -> Schema:
    """Return an object that has these properties and no others."""
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


def many(items: Schema, **limits: int) -> Schema:
    """Return a list."""
    return {"type": "array", "items": items, **limits}


MESSAGE = closed(["text"], text=TEXT)  # 3.11
ARTIFACT_LOCATION = closed(["uri"], uri={"type": "string", "format": "uri-reference"}, index=INDEX)
REGION = closed(["startLine"], startLine=LINE, endLine=LINE)  # 3.30
PHYSICAL = closed(["artifactLocation"], artifactLocation=ARTIFACT_LOCATION, region=REGION)  # 3.29
LOGICAL = closed([], name=TEXT, fullyQualifiedName=TEXT, kind=TEXT)  # 3.33
LOCATION = closed(  # 3.28
    [], physicalLocation=PHYSICAL, logicalLocations=many(LOGICAL), message=MESSAGE
)
RULE = closed(  # 3.49
    ["id"],
    id=TEXT,
    name=TEXT,
    shortDescription=MESSAGE,
    fullDescription=MESSAGE,
    help=MESSAGE,
    defaultConfiguration=closed([], level=LEVEL),
    properties={
        **BAG,
        "properties": {
            "tags": {"type": "array", "items": TEXT, "uniqueItems": True, "maxItems": 20},
            "precision": {"enum": ["very-high", "high", "medium", "low"]},
            "security-severity": {"type": "string", "pattern": r"^(10|[0-9])\.[0-9]$"},
        },
    },
)
RESULT = closed(  # 3.27
    ["message"],
    ruleId=TEXT,
    ruleIndex=INDEX,
    level=LEVEL,
    message=MESSAGE,
    locations=many(LOCATION, minItems=1, maxItems=1000),
    partialFingerprints={"type": "object", "additionalProperties": TEXT},
    properties=BAG,
)
ARTIFACT = closed(  # 3.24
    [],
    location=ARTIFACT_LOCATION,
    length={"type": "integer", "minimum": -1},
    hashes={"type": "object", "additionalProperties": TEXT},
    properties=BAG,
)
NOTIFICATION = closed(["message"], level=LEVEL, message=MESSAGE, locations=many(LOCATION))  # 3.58
INVOCATION = closed(  # 3.20
    ["executionSuccessful"],
    executionSuccessful={"type": "boolean"},
    toolExecutionNotifications=many(NOTIFICATION),
)
DRIVER = closed(["name"], name=TEXT, version=TEXT, rules=many(RULE, maxItems=25000), properties=BAG)
RUN = closed(  # 3.14
    ["tool"],
    tool=closed(["driver"], driver=DRIVER),
    invocations=many(INVOCATION),
    artifacts=many(ARTIFACT),
    results=many(RESULT, maxItems=25000),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
)
LOG = closed(  # 3.13
    ["version", "runs"],
    **{"$schema": {"type": "string", "format": "uri"}},
    version={"const": "2.1.0"},
    runs=many(RUN, maxItems=20),
)
