"""What the house answers when it does not do as asked.

HouseError
 +-- Missing          404: nothing here by that name
 +-- Refused          409: the house's rules say no
 +-- BadInput         400: the form or the body cannot be read
 |    +-- BadEvent    400: signed well, but not an event
 +-- NotSignedIn      403: a form was sent without the cookie of a visit
 +-- BadSignature     401: not from the holder of the secret, or too old
"""

from typing import ClassVar


class HouseError(Exception):
    """The house did not do as asked; `reason` names the text that says why."""

    status: ClassVar[int]

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Missing(HouseError):
    """Nothing here has that name; look it up again, it may have been mistyped or have run out."""

    status = 404


class Refused(HouseError):
    """The rules of the house say no; change the choice and try again."""

    status = 409


class BadInput(HouseError):
    """A field is missing or cannot be read; fill it in and send it again."""

    status = 400


class BadEvent(BadInput):
    """The signature is right but the body is no event of the contract; mend the sender."""


class NotSignedIn(HouseError):
    """This form came without the visit's cookie; open the front page first."""

    status = 403


class BadSignature(HouseError):
    """The signature does not match, or its time is more than five minutes off; check secret and clock."""

    status = 401
