"""How the service is doing: what came, how fast, how right, what was missed, what is stuck."""

from __future__ import annotations

from antivenom.service.overview.accuracy import Accuracy, RuleRecord, accuracy, rules
from antivenom.service.overview.misses import Miss, Missed, missed
from antivenom.service.overview.traffic import Day, Latency, Stuck, days, latency, stuck

__all__ = [
    "Accuracy",
    "Day",
    "Latency",
    "Miss",
    "Missed",
    "RuleRecord",
    "Stuck",
    "accuracy",
    "days",
    "latency",
    "missed",
    "rules",
    "stuck",
]
