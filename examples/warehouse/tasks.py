"""The task that asks Antivenom about an upload, enqueued once its transaction is committed.

In warehouse it carries ``@tasks.task(bind=True, ignore_result=True, acks_late=True)``.
"""

from __future__ import annotations

from typing import Any

FLAG = "disable-antivenom"
"""AdminFlagValue.DISABLE_ANTIVENOM"""
TIMEOUT = 10
RETRIES = 5


def review_upload(task: Any, request: Any, file_id: str) -> None:  # noqa: ANN401  warehouse's own
    """Hand a file in. Failing here changes nothing for the person who uploads."""
    if request.flags.enabled(FLAG):
        return
    file = request.db.get("File", file_id)
    if file is None:
        return  # removed meanwhile
    settings = request.registry.settings
    try:
        answer = request.http.post(
            f"{settings['antivenom.url']}/api/v1/uploads",
            json=body(file, request),
            headers={"Authorization": f"Bearer {settings['antivenom.token']}"},
            timeout=TIMEOUT,
        )
        answer.raise_for_status()
    except OSError as error:  # requests' exceptions are
        request.metrics.increment("warehouse.antivenom.submit.failed")
        raise task.retry(exc=error, max_retries=RETRIES) from error
    request.metrics.increment("warehouse.antivenom.submit.ok")


def body(file: Any, request: Any) -> dict[str, Any]:  # noqa: ANN401  warehouse's own
    """Return what Antivenom wants to know of a file."""
    release = file.release
    return {
        "ecosystem": "pypi",
        "project": release.project.normalized_name,
        "version": release.version,
        "filename": file.filename,
        "url": request.route_url("packaging.file", path=file.path),
        "sha256": file.sha256_digest,
        "size": file.size,
        "uploaded_at": file.upload_time.isoformat(),
        "publisher": release.uploader.username if release.uploader else "",
        "source": "registry",
        # The form's metadata, to be compared with what the file holds.
        "declared": {
            "name": release.project.name,
            "version": release.version,
            "summary": release.summary or "",
            "author_email": release.author_email or "",
            "requires": list(release.requires_dist or []),
            "requires_python": release.requires_python or "",
        },
    }
