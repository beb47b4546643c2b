"""A configured key or secret that cannot be used. What is wrong with messages is in `service.errors`.

BadSecret
  KeyFileMissing
  NotAKey
  WrongKindOfKey
  BadWebhookSecret
"""

from service.errors import AssistantError


class BadSecret(AssistantError):
    """A configured key or secret cannot be used."""


class KeyFileMissing(BadSecret):
    """This key file cannot be read; check the path and who may read it."""


class NotAKey(BadSecret):
    """This file holds no unencrypted RSA key; expected is PEM, or the bare base64 of the gateway's dashboard."""


class WrongKindOfKey(BadSecret):
    """This file holds the other kind of key; ours must be the private one, the gateway's the public one."""


class BadWebhookSecret(BadSecret):
    """A webhook secret is `whsec_` followed by the base64 of 24 to 64 random bytes."""
