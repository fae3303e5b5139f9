"""The version, read by the build and by everything that names itself."""

__version__ = "0.1.0"
