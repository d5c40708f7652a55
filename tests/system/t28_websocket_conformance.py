"""RFC 6455, case by case, in raw bytes; numbered like the groups of the well-known suite.

That suite talks to an echo. Here a client sits in the room, and what comes back is its own post (a
message was heard), a refusal (heard, and not a post), a pong, or a close. SECURITY W6.

Where None stands among the close codes, the library ends the connection without a close frame, as
RFC 6455 7.1.7 lets it: an endpoint that fails a connection "SHOULD send a Close frame".
"""

import itertools
import json

import pytest
from plume.raw_socket import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Dropped,
    RawSocket,
    close_frame,
    frame,
)
from plume.system import System

REFUSED, POST = 8, 1
MOST = 72 << 10  # bytes of a message in the room


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    """A gateway, and the token of somebody who is in its room."""
    system = System(tmp_path_factory.mktemp("room"))
    fast = {"posts_per_second": 0, "log_level": "info"}
    system.start(broker={"newcomer_posts": 0, "grace": "1h", "log_level": "info"}, gateway=fast)
    try:
        yield system, system.join("ann")
    finally:
        system.close()


@pytest.fixture
def peer(room):
    system, ann = room
    peer = RawSocket(system.gateways[0].port).upgrade()
    peer.resume(ann.token)
    yield peer
    peer.close()
    assert system.gateways[0].exit_code is None


serial = itertools.count(1)


def say(size=None, text="hello"):
    """(the JSON of a post, of this many bytes; its id)"""
    id = f"c{next(serial)}"
    octets = json.dumps({"type": 1, "id": id, "text": text}, ensure_ascii=False).encode()
    if size is not None:
        octets += b" " * (size - len(octets))
        assert len(octets) == size
    return octets, id


def expect_post(peer, id):
    message = peer.hear(POST, REFUSED)
    while message["type"] == POST and message.get("id") != id:
        message = peer.hear(POST, REFUSED)
    assert message["type"] == POST, message


def expect_alive(peer):
    octets, id = say()
    peer.send(frame(TEXT, octets))
    expect_post(peer, id)


def expect_end(peer, *codes, answer=True):
    """The connection is failed: with one of these close codes, or None, without a word."""
    heard = []
    try:
        while not heard or heard[-1].opcode != CLOSE:
            heard.append(peer.receive())
        got = heard[-1].code
        if answer:
            peer.send(close_frame(got))  # RFC 6455 5.5.1
    except Dropped:
        got = None
    peer.end()
    rest = peer.rest()
    assert rest == b"", "RFC 6455 5.5.1: nothing is sent after a close frame"
    assert got in codes, f"closed with {got}, and not {codes}"


def expect_in_room(room, id):
    room[1].expect(POST, id=id)


def chops(octets, size=1):
    return [octets[n : n + size] for n in range(0, len(octets), size)]


# -- 1 framing


@pytest.mark.parametrize("size", [125, 126, 127, 128, 65535, 65536, MOST])
def test_w6_1_1_text_of_this_length(peer, size):
    octets, id = say(size)
    peer.send(frame(TEXT, octets))
    expect_post(peer, id)


def test_w6_1_1_1_text_of_no_length(peer):
    peer.send(frame(TEXT))
    assert peer.hear(REFUSED)["reason"] == "bad-message"
    expect_alive(peer)


def test_w6_1_1_8_text_in_many_segments(peer):
    octets, id = say(65536)
    peer.send(*chops(frame(TEXT, octets), 997))
    expect_post(peer, id)


@pytest.mark.parametrize("size", [0, 125, 126, 127, 128, 65535, 65536])
def test_w6_1_2_binary_of_this_length(peer, size):
    """Heard as a whole; this protocol has no binary messages."""
    peer.send(frame(BINARY, b"\xfe" * size))
    assert peer.hear(REFUSED)["reason"] == "bad-message"
    expect_alive(peer)


def test_w6_1_2_8_binary_in_many_segments(peer):
    peer.send(*chops(frame(BINARY, b"\xfe" * 65536), 997))
    assert peer.hear(REFUSED)["reason"] == "bad-message"
    expect_alive(peer)


# -- 2 pings and pongs


@pytest.mark.parametrize("payload", [b"", b"Hello, world!", b"\x00\xff\xfe\xfd\x00", b"x" * 125])
def test_w6_2_1_ping_is_answered(peer, payload):
    peer.send(frame(PING, payload))
    got = peer.receive()
    assert (got.opcode, got.payload) == (PONG, payload)


def test_w6_2_5_ping_of_126_bytes_fails_the_connection(peer):
    peer.send(frame(PING, b"x" * 126))
    expect_end(peer, 1002, None)


def test_w6_2_6_ping_octet_by_octet(peer):
    peer.send(*chops(frame(PING, b"x" * 125)))
    assert peer.receive().payload == b"x" * 125


@pytest.mark.parametrize("payload", [b"", b"unsolicited"])
def test_w6_2_7_pong_that_nobody_asked_for(peer, payload):
    peer.send(frame(PONG, payload))
    expect_alive(peer)


def test_w6_2_9_pong_then_ping(peer):
    peer.send(frame(PONG, b"unsolicited"), frame(PING, b"ping"))
    assert peer.receive().payload == b"ping"


@pytest.mark.parametrize("split", [False, True])
def test_w6_2_10_ten_pings(peer, split):
    """RFC 6455 5.5.3: it may be that only the most recent of them is answered."""
    octets = b"".join(frame(PING, b"%d" % n) for n in range(10))
    peer.send(*chops(octets) if split else [octets])
    octets, id = say()
    peer.send(frame(TEXT, octets))
    pongs = []
    while True:
        got = peer.receive()
        if got.opcode != PONG:
            break
        pongs.append(int(got.payload))
    assert pongs and pongs == sorted(set(pongs))
    assert json.loads(got.payload)["id"] == id


# -- 3 reserved bits


@pytest.mark.parametrize("rsv", range(1, 8))
@pytest.mark.parametrize("opcode", [TEXT, BINARY, PING, PONG, CLOSE])
def test_w6_3_reserved_bits_fail_the_connection(peer, rsv, opcode):
    peer.send(frame(opcode, say()[0] if opcode == TEXT else b"", rsv=rsv))
    expect_end(peer, 1002)


def test_w6_3_2_what_came_before_is_heard(peer, room):
    octets, id = say()
    peer.send(frame(TEXT, octets) + frame(TEXT, say()[0], rsv=2) + frame(PING))
    expect_in_room(room, id)
    expect_end(peer, 1002)


# -- 4 opcodes


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
@pytest.mark.parametrize("payload", [b"", b"reserved opcode payload"])
def test_w6_4_reserved_opcodes_fail_the_connection(peer, opcode, payload):
    peer.send(frame(opcode, payload))
    expect_end(peer, 1002)


@pytest.mark.parametrize("opcode", [5, 13])
def test_w6_4_1_3_what_came_before_is_heard(peer, room, opcode):
    octets, id = say()
    peer.send(*chops(frame(TEXT, octets) + frame(opcode) + frame(PING)))
    expect_in_room(room, id)
    expect_end(peer, 1002)


# -- 5 fragmentation


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
def test_w6_5_1_control_frames_are_not_fragmented(peer, opcode):
    peer.send(frame(opcode, b"", fin=False), frame(CONTINUATION, b""))
    expect_end(peer, 1002)


@pytest.mark.parametrize("split", [False, True])
@pytest.mark.parametrize("pings", [False, True])
@pytest.mark.parametrize("parts", [2, 5, 40])
def test_w6_5_3_text_in_fragments(peer, parts, pings, split):
    octets, id = say(200)
    pieces = chops(octets, 200 // parts)
    sent = []
    for n, piece in enumerate(pieces):
        sent.append(frame(CONTINUATION if n else TEXT, piece, fin=n == len(pieces) - 1))
        if pings and n < len(pieces) - 1:
            sent.append(frame(PING, b"ping"))
    peer.send(*chops(b"".join(sent)) if split else sent)
    expect_post(peer, id)
    expect_alive(peer)


def test_w6_5_3_fragments_without_a_byte(peer):
    octets, id = say()
    peer.send(frame(TEXT, b"", fin=False), frame(CONTINUATION, octets, fin=False))
    peer.send(frame(CONTINUATION, b""))
    expect_post(peer, id)


@pytest.mark.parametrize("fin", [True, False])
@pytest.mark.parametrize("split", [False, True])
def test_w6_5_9_continuation_of_nothing_fails_the_connection(peer, fin, split):
    octets = frame(CONTINUATION, b"non-continuation payload", fin=fin) + frame(TEXT, say()[0])
    peer.send(*chops(octets) if split else [octets])
    expect_end(peer, 1002)


def test_w6_5_15_continuation_after_the_end_fails_the_connection(peer, room):
    octets, id = say()
    half = len(octets) // 2
    peer.send(frame(TEXT, octets[:half], fin=False), frame(CONTINUATION, octets[half:]))
    peer.send(frame(CONTINUATION, b"more", fin=False), frame(TEXT, say()[0]))
    expect_in_room(room, id)
    expect_end(peer, 1002)


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_w6_5_18_new_message_within_a_message_fails_the_connection(peer, opcode):
    peer.send(frame(TEXT, say()[0], fin=False), frame(opcode, b"a new one"))
    expect_end(peer, 1002)


# -- 6 UTF-8


GOOD = {
    "6.2.1": "Hello-µ@ßöäüàá-UTF-8!!",
    "6.5.1": "κόσμε",
    "6.6.1": "\u00a1\u07ff\u0800\uffff\U00010000\U0010ffff",
    "6.7.1": "\ud7ff\ue000\ufffd\U0010fffe",
    "6.22": "\ufffe\uffff\U0001fffe\U0001ffff\U0010fffe",  # noncharacters are valid UTF-8
    "6.23": "\ufdd0\u2028\u00a0",
}
BAD = {
    "6.3.1": bytes.fromhex("cebae1bdb9cf83cebcceb5eda080656469746564"),
    "6.4.1": bytes.fromhex("cebae1bdb9cf83cebcceb5f4908080656469746564"),
    "6.8.1": bytes.fromhex("f888808080"),
    "6.8.2": bytes.fromhex("fc8480808080"),
    "6.10.1": bytes.fromhex("f7bfbfbf"),
    "6.10.2": bytes.fromhex("fbbfbfbfbf"),
    "6.10.3": bytes.fromhex("fdbfbfbfbfbf"),
    "6.11.5": bytes.fromhex("f4908080"),
    "6.12.1": b"\x80",
    "6.12.2": b"\xbf",
    "6.12.7": bytes(range(0x80, 0xC0)),
    "6.13.1": b" ".join(bytes([n]) for n in range(0xC0, 0xE0)),
    "6.13.2": b" ".join(bytes([n]) for n in range(0xE0, 0xF0)),
    "6.13.3": b" ".join(bytes([n]) for n in range(0xF0, 0xF8)),
    "6.14.1": b"\xc0",
    "6.14.2": b"\xe0\x80",
    "6.14.3": b"\xf0\x80\x80",
    "6.14.6": b"\xdf",
    "6.14.7": b"\xef\xbf",
    "6.14.8": b"\xf7\xbf\xbf",
    "6.15.1": bytes.fromhex("c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf"),
    "6.16.1": b"\xfe",
    "6.16.2": b"\xff",
    "6.17.1": b"\xc0\xaf",
    "6.17.2": b"\xe0\x80\xaf",
    "6.17.3": b"\xf0\x80\x80\xaf",
    "6.18.1": b"\xc1\xbf",
    "6.18.2": b"\xe0\x9f\xbf",
    "6.18.3": b"\xf0\x8f\xbf\xbf",
    "6.19.1": b"\xc0\x80",
    "6.19.2": b"\xe0\x80\x80",
    "6.19.3": b"\xf0\x80\x80\x80",
    "6.20.1": bytes.fromhex("eda080"),
    "6.20.2": bytes.fromhex("edadbf"),
    "6.20.3": bytes.fromhex("edae80"),
    "6.20.7": bytes.fromhex("edbfbf"),
    "6.21.1": bytes.fromhex("eda080edb080"),
    "6.21.8": bytes.fromhex("edafbfedbfbf"),
}
AROUND = (b'{"type":1,"text":"', b'"}')


@pytest.mark.parametrize("split", ["whole", "octets", "fragments"])
@pytest.mark.parametrize("case", GOOD)
def test_w6_6_valid(peer, case, split):
    octets, id = say(text=GOOD[case])
    if split == "fragments":
        last = len(octets) - 1
        for n, octet in enumerate(chops(octets)):
            peer.send(frame(CONTINUATION if n else TEXT, octet, fin=n == last))
    else:
        peer.send(*chops(frame(TEXT, octets)) if split == "octets" else [frame(TEXT, octets)])
    expect_post(peer, id)


@pytest.mark.parametrize("split", ["whole", "octets", "fragments"])
@pytest.mark.parametrize("case", BAD)
def test_w6_6_invalid(peer, case, split):
    octets = AROUND[0] + BAD[case] + AROUND[1]
    if split == "fragments":
        last = len(octets) - 1
        for n, octet in enumerate(chops(octets)):
            peer.send(frame(CONTINUATION if n else TEXT, octet, fin=n == last))
    else:
        peer.send(*chops(frame(TEXT, octets)) if split == "octets" else [frame(TEXT, octets)])
    expect_end(peer, 1007)


def test_w6_6_message_that_ends_within_a_character(peer):
    peer.send(frame(TEXT, AROUND[0] + "€".encode()[:2]))
    expect_end(peer, 1007)


def test_w6_6_character_over_two_fragments_with_a_ping_between(peer):
    octets, id = say(text="€")
    cut = octets.index("€".encode()) + 1
    peer.send(frame(TEXT, octets[:cut], fin=False), frame(PING), frame(CONTINUATION, octets[cut:]))
    expect_post(peer, id)


# -- 7 closing


def test_w6_7_1_1_what_was_said_before_the_close_is_heard(peer):
    octets, id = say()
    peer.send(frame(TEXT, octets))
    expect_post(peer, id)
    peer.send(close_frame(1000, b"bye"))
    expect_end(peer, 1000)


@pytest.mark.parametrize(
    "after", [b"", frame(PING), frame(TEXT, b'{"type":1,"text":"late"}'), close_frame(1000)]
)
def test_w6_7_1_2_nothing_is_heard_after_a_close(peer, room, after):
    peer.send(close_frame(1000) + after)
    expect_end(peer, 1000)
    assert not [frame for frame in room[1].frames if frame["text"] == "late"]


def test_w6_7_1_5_close_within_a_message(peer):
    peer.send(frame(TEXT, say()[0], fin=False), close_frame(1000))
    expect_end(peer, 1000)


def test_w6_7_1_6_long_message_then_close(peer):
    octets, id = say(MOST)
    peer.send(frame(TEXT, octets) + close_frame(1000))
    expect_end(peer, 1000)


def test_w6_7_3_1_close_without_a_code(peer):
    peer.send(close_frame())
    expect_end(peer, 1005, 1000)


def test_w6_7_3_2_close_of_one_byte_is_wrong(peer):
    peer.send(frame(CLOSE, b"\x03"))
    expect_end(peer, 1002)


@pytest.mark.parametrize("reason", [b"", b"bye", b"x" * 123])
def test_w6_7_3_3_close_with_a_reason(peer, reason):
    peer.send(close_frame(1000, reason))
    expect_end(peer, 1000)


def test_w6_7_3_6_close_of_126_bytes_is_wrong(peer):
    peer.send(close_frame(1000, b"x" * 124))
    expect_end(peer, 1002, None)


def test_w6_7_5_1_close_whose_reason_is_not_utf8(peer):
    peer.send(close_frame(1000, BAD["6.3.1"]))
    expect_end(peer, 1007, None)


@pytest.mark.parametrize(
    "code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]
)
def test_w6_7_7_codes_that_may_be_sent(peer, code):
    peer.send(close_frame(code))
    expect_end(peer, code)


@pytest.mark.parametrize("code", [1012, 1013, 1014])
def test_w6_7_7_codes_registered_since(peer, code):
    peer.send(close_frame(code))
    expect_end(peer, code, 1002)


@pytest.mark.parametrize(
    "code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]
)
def test_w6_7_9_codes_that_may_not(peer, code):
    peer.send(close_frame(code))
    expect_end(peer, 1002)


# -- 9 limits


@pytest.mark.parametrize("size", [MOST + 1, 256 << 10, 1 << 20, 4 << 20])
@pytest.mark.parametrize("piece", [None, 64, 1024, 65536])
def test_w6_9_messages_over_the_limit(peer, size, piece):
    if piece == 64 and size > 256 << 10:
        piece = 4096
    octets = b"x" * size
    sent = [frame(TEXT, octets)]
    if piece:
        parts = chops(octets, piece)
        sent = [
            frame(CONTINUATION if n else TEXT, part, fin=n == len(parts) - 1)
            for n, part in enumerate(parts)
        ]
    peer.send(b"".join(sent))
    expect_end(peer, 1009)


@pytest.mark.parametrize("claim", [(1 << 30, 8), ((1 << 63) - 1, 8)])
def test_w6_9_length_that_is_only_claimed(peer, claim):
    peer.send(frame(TEXT, b"x" * 2000, length=claim))
    expect_end(peer, 1009, answer=False)  # it would be within that frame


def test_w6_9_length_with_its_highest_bit_set(peer):
    """RFC 6455 5.2: the most significant bit must be 0."""
    peer.send(frame(TEXT, b"x" * 2000, length=(1 << 63, 8)))
    expect_end(peer, 1002, 1009, None, answer=False)


def test_w6_9_7_a_thousand_messages(peer):
    said = [say() for _ in range(1000)]
    peer.send(b"".join(frame(TEXT, octets) for octets, _ in said))
    for _, id in said:
        expect_post(peer, id)


# -- 10 and others


def test_w6_10_1_1_message_in_frames_of_1300(peer):
    octets, id = say(65536)
    parts = chops(octets, 1300)
    for n, part in enumerate(parts):
        peer.send(frame(CONTINUATION if n else TEXT, part, fin=n == len(parts) - 1))
    expect_post(peer, id)


@pytest.mark.parametrize("mask", [b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x01\0\0\0"])
def test_any_mask(peer, mask):
    octets, id = say()
    peer.send(frame(TEXT, octets, mask=mask))
    expect_post(peer, id)


# -- exceptions, explained in docs/SECURITY.md; they are tested so that their end is noticed


def test_exception_a_frame_without_a_mask_is_heard(peer):
    """RFC 6455 5.1: "The server MUST close the connection upon receiving a frame that is not
    masked." The library does not look, and does not tell us."""
    octets, id = say()
    peer.send(frame(TEXT, octets, mask=None))
    expect_post(peer, id)


def test_exception_a_length_that_is_wider_than_need_be_is_read(peer):
    """RFC 6455 5.2: "the minimal number of bytes MUST be used to encode the length"; the library
    does not tell how it was."""
    for width in (2, 8):
        octets, id = say(100)
        peer.send(frame(TEXT, octets, length=(100, width)))
        expect_post(peer, id)
