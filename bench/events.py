"""What the auction house and Telegram send; in a module that loads quickly, for the programs beside."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any


def won(number: int) -> dict[str, Any]:
    """The event of a won item."""
    now = datetime.now(UTC)
    return {
        "type": "bid.won",
        "timestamp": now.isoformat(),
        "data": {
            "order_id": f"O{number}",
            "buyer_id": f"B{number}",
            "auction_id": f"t{number}",
            "title": "Film camera with a 50 mm lens, tested, in its leather case",
            "image_url": "https://cdn.example.com/items/camera.png",
            "total": {"currency": "JPY", "value": "12300"},
            "price": {"currency": "JPY", "value": "11800"},
            "fees": [{"label": "Service fee", "amount": {"currency": "JPY", "value": "500"}}],
            "payment_method": "alipay",
            "pay_by": (now + timedelta(days=3)).isoformat(),
            "version": 1,
        },
    }


def press(chat_id: int, message_id: int, data: str) -> str:
    """The only update of a chat, a pressed button (core.telegram.org/bots/api#callbackquery)."""
    chat = {"id": chat_id, "type": "private", "first_name": "Buyer"}
    user = {"id": chat_id, "is_bot": False, "first_name": "Buyer", "language_code": "en"}
    card = {"message_id": message_id, "date": 1, "chat": chat, "text": "Film camera with a 50 mm lens"}
    query = {"id": f"q{chat_id}", "from": user, "chat_instance": "1", "data": data, "message": card}
    return json.dumps({"update_id": chat_id, "callback_query": query})
