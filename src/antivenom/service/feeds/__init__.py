"""Following registries: what each tells of its changes, kept with the place it was told at."""

from __future__ import annotations

from antivenom.service.feeds.adapter import Adapter, Batch
from antivenom.service.feeds.follower import Follower, watch

__all__ = ["Adapter", "Batch", "Follower", "watch"]
