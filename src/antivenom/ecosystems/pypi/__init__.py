"""PyPI and every index that speaks its simple API."""
