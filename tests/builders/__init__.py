"""Builders that make packages, archives and servers in code; nothing binary is committed."""
