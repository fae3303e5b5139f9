"""Tables and blobs: the one place that keeps things, for catalog, service, gate and lab.

`open_store` gives a `Store`; the schema stands in `schema`, how it came to be in `migrations`.
"""

from __future__ import annotations

from antivenom.store.database import Store, default_url, open_store

__all__ = ["Store", "default_url", "open_store"]
