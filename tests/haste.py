"""What lets the service run faster than Telegram bears: the emulator's limits are off unless a test asks for them."""

HASTE = {"ALIPAY_BOT_SEND_RATE": "1000", "ALIPAY_BOT_CHAT_GAP": "0"}
