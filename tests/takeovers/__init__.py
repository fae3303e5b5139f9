"""Taken-over releases: ordinary consecutive releases with harmless re-creations of incidents.

Each incident alters the newer of two real releases the way a known takeover did. Nothing of a real
attack stands here: hosts end in ``.invalid``, payloads print or do nothing, and the altered
archives live in memory alone.
"""
