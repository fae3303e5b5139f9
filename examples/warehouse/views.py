"""The callback: what Antivenom says of an upload becomes an observation that nothing reacts to.

In warehouse it carries ``@view_config(route_name="antivenom.callback", require_methods=["POST"],
require_csrf=False, permit_duplicate_post_keys=False)``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from typing import Any

FLAG = "disable-antivenom"
KIND = "automated_review"
"""ObservationKind.AutomatedReview: not among those `evaluate_project_for_quarantine` counts."""
WORTH_KEEPING = frozenset({"malicious", "suspicious", "inconclusive"})
AGE = 300
"""Seconds after which a message is no longer believed."""
LARGEST = 512 * 1024


def callback(request: Any) -> int:  # noqa: ANN401  warehouse's own
    """Record a verdict and return the status of the answer."""
    if request.flags.enabled(FLAG):
        return 503  # Antivenom tries again later
    if len(request.body) > LARGEST:
        return 413
    secret = request.registry.settings["antivenom.webhook_secret"]
    if not signed(request.headers, request.body, secret, time.time()):
        request.metrics.increment("warehouse.antivenom.callback.refused")
        return 403
    message = json.loads(request.body)
    if message["type"] != "upload.reviewed":
        return 204
    return record(request, message["data"], request.headers["webhook-id"])


def record(request: Any, verdict: dict[str, Any], id: str) -> int:  # noqa: ANN401
    """Keep what is worth a look beside the release it speaks of."""
    request.metrics.increment(f"warehouse.antivenom.verdict.{verdict['verdict']}")
    if verdict["verdict"] not in WORTH_KEEPING:
        return 204
    file = request.db.find("File", sha256_digest=verdict["sha256"])
    if file is None:
        return 204  # removed meanwhile
    if request.db.find("Observation", webhook_id=id) is not None:
        return 204  # said twice
    file.release.record_observation(
        request=request,
        kind=KIND,
        actor=request.db.admin_user("antivenom"),
        summary=f"{verdict['verdict']}: {'; '.join(verdict['reasons'][:3])}",
        payload={
            "origin": "antivenom",
            "webhook_id": id,
            "filename": verdict["filename"],
            "verdict": verdict["verdict"],
            "score": verdict["score"],
            "review": verdict["review"],
            "evidence": verdict["evidence"],
            "antivenom": verdict["antivenom"],
        },
    )
    return 201


def signed(headers: Any, body: bytes, secret: str, now: float) -> bool:  # noqa: ANN401
    """Whether a message is Antivenom's and fresh, as the Standard Webhooks say."""
    id, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not id or not at.isdecimal() or abs(now - int(at)) > AGE:
        return False
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return False
    mac = hmac.digest(key, f"{id}.{at}.".encode() + body, hashlib.sha256)
    right = "v1," + base64.b64encode(mac).decode()
    sent = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(right.encode(), one.encode()) for one in sent)
