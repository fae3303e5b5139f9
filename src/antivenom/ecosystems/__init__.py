"""Registries: one package each. Adapters are given `get`; none opens a connection itself."""
