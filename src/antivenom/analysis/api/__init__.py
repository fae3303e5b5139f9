"""What the functions of a language's libraries do: data tables, one file per library.

Adding a function is adding one row to ``<language>/<library>.toml``; `row.Row` documents the
keys, `apis.table` loads them.
"""

from antivenom.analysis.api.apis import ApiTable, table
from antivenom.analysis.api.row import Place, Row

__all__ = ["ApiTable", "Place", "Row", "table"]
