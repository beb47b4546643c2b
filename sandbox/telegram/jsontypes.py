"""JSON as this emulator handles it: objects of Telegram's wire format."""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]


def decode(raw: str | bytes) -> Any:
    """Parse JSON from outside. Raises ValueError, also for a nesting that no honest client sends."""
    try:
        return json.loads(raw)
    except RecursionError as deep:
        raise ValueError("nested too deeply") from deep
