import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.arrivals import Envelope, read_envelope
from service.errors import Malformed


@pytest.mark.parametrize(
    ("update", "line"),
    [
        ('{"update_id": 1, "message": {"chat": {"id": 42}, "from": {"id": 7}}}', "telegram:42"),
        ('{"update_id": 1, "message": {"chat": {"id": -100123}, "from": {"id": 7}}}', "telegram:-100123"),
        ('{"update_id": 1, "callback_query": {"from": {"id": 7}, "message": {"chat": {"id": 42}}}}', "telegram:7"),
        ('{"update_id": 1, "my_chat_member": {"chat": {"id": 42}, "from": {"id": 7}}}', "telegram:42"),
        ('{"update_id": 1, "inline_query": {"from": {"id": 7}}}', "telegram:7"),
        ('{"update_id": 1, "poll_answer": {"user": {"id": 7}}}', "telegram:7"),
        ('{"update_id": 1, "poll": {"id": "77"}}', "telegram:other"),
        ('{"update_id": 1, "message": {"chat": {"id": "42"}}}', "telegram:other"),
        ('{"update_id": 1, "message": {"chat": {"id": true}}}', "telegram:other"),
        ('{"update_id": 1, "message": []}', "telegram:other"),
        ('{"update_id": 1}', "telegram:other"),
    ],
)
def test_an_update_stands_in_the_line_of_its_chat(update: str, line: str) -> None:
    assert read_envelope(update.encode()) == Envelope(1, line)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["chat", "from", "id", "update_id"]), inner),
)


@given(st.binary() | json_values.map(lambda value: repr(value).replace("'", '"').encode("utf-8", "surrogatepass")))
def test_any_bytes_are_an_envelope_or_malformed(body: bytes) -> None:
    try:
        envelope = read_envelope(body)
    except Malformed:
        return
    assert envelope.line.startswith("telegram:")
