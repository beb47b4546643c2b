"""Nobody without the gateway's key is believed, whatever they send."""

from dataclasses import replace

import pytest
from multidict import CIMultiDict

from gateway.antom.notices import NoticeReader
from gateway.antom.signing import Verifier
from service.errors import BadSignature, Malformed
from service.verdicts import Notice
from tests.gateway.antom.families import FAMILIES, Family, every_family, few, from_the_seed
from tests.gateway.antom.forgeries import time_taken_for_body
from tests.gateway.antom.genuine import CLIENT_ID, PATH, Gateway, Sent, respelt


def reader(gateway: Gateway) -> NoticeReader:
    return NoticeReader(CLIENT_ID, Verifier([gateway.key.public_key()]))


def read(reader: NoticeReader, sent: Sent) -> Notice:
    return reader.read(sent.method, sent.path, CIMultiDict(sent.headers), sent.body)


def is_refused(reader: NoticeReader, sent: Sent) -> bool:
    """Whether it is refused for its signature, before anything of it is read."""
    try:
        read(reader, sent)
    except BadSignature:
        return True
    except Malformed:
        return False
    return False


@from_the_seed
def test_there_are_more_than_a_hundred_thousand_different_forgeries(seed: int) -> None:
    gateway = Gateway(seed)
    forged = {sent for family in FAMILIES for sent in family(gateway)}

    assert len(forged) >= 100_000
    assert not forged & {*gateway.notices, *respelt(gateway)}


@from_the_seed
def test_genuine_notices_are_read_however_they_are_spelled(seed: int) -> None:
    gateway = Gateway(seed)
    ours = reader(gateway)
    genuine = {sent.body: read(ours, sent) for sent in gateway.notices}

    assert len(genuine) == len(gateway.notices)
    assert all(read(ours, sent) == genuine[sent.body] for sent in respelt(gateway))


@from_the_seed
@every_family
def test_no_forgery_is_read(family: Family, seed: int) -> None:
    gateway = Gateway(seed)
    ours = reader(gateway)

    assert few(sent for sent in family(gateway) if not is_refused(ours, sent)) == []


@from_the_seed
def test_what_a_time_and_a_body_share_makes_no_other_notice(seed: int) -> None:
    """The one place where the same signed bytes can be cut otherwise: what begins with digits is no notice."""
    gateway = Gateway(seed)
    cut = list(time_taken_for_body(gateway))

    assert cut
    for sent in cut:
        with pytest.raises(Malformed):
            read(reader(gateway), sent)


@from_the_seed
def test_a_path_that_cannot_be_written_in_bytes_is_a_bad_signature(seed: int) -> None:
    gateway = Gateway(seed)

    assert all(is_refused(reader(gateway), replace(sent, path=f"{PATH}\ud800")) for sent in gateway.notices)
