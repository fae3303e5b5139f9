"""Everything the description allows, and much that it does not, is sent to a service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest import SkipTest

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from tests.service.running import running
from tests.service.site import Site, silent


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("described")
    wanted = {"requests-per-minute": 1_000_000, "fetch-hosts": ["files.example"]}
    with silent(folder, **wanted) as made:
        yield made


# What a schema cannot say (a decision needs a reason, a host must be allowed) is refused with 422.
CONFIG = SchemathesisConfig.from_dict(
    {
        "request-timeout": 120,
        "checks": {
            "positive_data_acceptance": {
                "expected-statuses": ["2xx", "3xx", 401, 403, 404, 409, 422, 429]
            }
        },
    }
)
TRIES = settings(
    max_examples=5,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_the_service_does_what_its_description_says(here: Site) -> None:
    headers = {"Authorization": f"Bearer {here.key('admin')}"}
    with running(here.app) as url:
        schema = schemathesis.openapi.from_url(f"{url}/api/openapi.json", config=CONFIG)
        wrong = [one for operation in _operations(schema) for one in _tried(operation, headers)]
    assert not wrong, "\n\n".join(wrong)


def _operations(schema: Any) -> list[Any]:
    found = [result.ok() for result in schema.get_all_operations()]
    assert len(found) > 40
    return found


def _tried(operation: Any, headers: dict[str, str]) -> list[str]:
    """Call one operation with data that fits and data that does not; return what went wrong."""
    said: list[str] = []
    for mode in GenerationMode.POSITIVE, GenerationMode.NEGATIVE:

        @given(case=operation.as_strategy(generation_mode=mode))
        @TRIES
        def tried(case: Any) -> None:
            case.call_and_validate(headers=headers)

        try:
            tried()
        except (Unsatisfiable, SkipTest):
            continue
        except BaseExceptionGroup as error:
            said.append(f"{operation.label}: " + "; ".join(str(one) for one in error.exceptions))
        except Exception as error:
            said.append(f"{operation.label}: {type(error).__name__}: {error}")
    return said
