"""From matches to a verdict."""

from __future__ import annotations

from antivenom.judge.knowledge import Knowledge, load_knowledge, local_knowledge
from antivenom.judge.weigh import unread, weigh

__all__ = ["Knowledge", "load_knowledge", "local_knowledge", "unread", "weigh"]
