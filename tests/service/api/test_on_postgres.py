"""The same API on PostgreSQL: accounts, uploads, cases, webhooks, reports, OSV, figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from antivenom.service import observations, policy, webhooks
from tests.builders import postgres
from tests.service.api.known import call_malware
from tests.service.api.test_uploads import BODY
from tests.service.receiver import receiving
from tests.service.recorded import record, thief
from tests.service.site import site


@pytest.mark.skipif(postgres.binaries() is None, reason="no PostgreSQL here")
def test_postgres_does_the_same(tmp_path: Path) -> None:
    wanted = {
        "fetch-hosts": ["files.example"],
        "webhooks-to-private": True,
        "observations-token": "x",
    }
    with (
        postgres.cluster() as cluster,
        receiving() as there,
        site(tmp_path, database=cluster.url, **wanted) as here,
    ):
        assert here.store.engine.dialect.name == "postgresql"
        here.account("ada", "reviewer")
        assert here.sign_in("ada").headers["location"] == "/"
        assert here.who() == "ada"
        headers = here.headers("admin")
        first = here.client.post("/api/v1/uploads", json=BODY, headers=headers)
        again = here.client.post("/api/v1/uploads", json=BODY, headers=headers)
        assert (first.status_code, first.json()["id"]) == (202, again.json()["id"])
        nul = here.client.get("/api/v1/uploads?project=a%00b", headers=headers)
        assert nul.status_code == 400
        far = here.client.get(f"/api/v1/uploads/{2**53}", headers=headers)
        assert far.status_code == 404
        with here.store.writing() as connection:
            webhooks.add(
                connection,
                f"{there.url}/hook",
                ("case.opened", "case.decided"),
                now=here.clock.now(),
                settings=here.settings,
            )
            case = record(connection, thief(), now=here.clock.now())
        ruling = {"decision": "malicious", "key": "k"}
        made = here.client.post(f"/api/v1/cases/{case}/decisions", json=ruling, headers=headers)
        assert made.status_code == 201, (case, made.text)
        assert webhooks.deliver(here.store, here.settings, here.clock) == 2
        assert [json.loads(body)["type"] for _, _, body in there.got] == [
            "case.opened",
            "case.decided",
        ]
        [action] = here.client.get("/api/v1/actions", headers=headers).json()
        assert action["state"] == "draft"
        with here.store.reading() as connection:
            assert policy.measure(connection, 10).right == 1
        assert observations.deliver(here.store, here.settings, here.clock) == 0
        call_malware(here.store, "bad-thing", "1.0")
        question = {"package": {"name": "demo-pkg", "ecosystem": "PyPI"}, "version": "1.0"}
        answer = here.client.post("/v1/query", content=json.dumps(question)).json()
        assert len(answer["vulns"]) == 1
        page = here.client.get("/metrics", headers=headers)
        assert 'antivenom_deliveries{state="sent"} 2.0' in page.text
        assert here.client.get("/ready").status_code == 200
