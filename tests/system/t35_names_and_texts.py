"""SECURITY N1 to N4: what people may be called, and what they may say."""

import pytest
from plume import process
from plume.client import TEXT
from plume.system import code_in


def test_n1_a_name_is_shown_as_it_looks(plume):
    """However it was typed: NFC."""
    bob = plume.join("bob")
    jose = plume.client(label="jose")
    jose.hello("Jose\u0301", "jose@home.example")
    assert jose.expect_waiting()["user"]["name"] == "Jos\u00e9"
    letter = plume.letter_to("jose@home.example")
    assert "Jos\u00e9" in letter.get_body(("plain",)).get_content()
    jose.auth(code_in(letter))
    assert jose.expect_in()["user"]["name"] == "Jos\u00e9"
    bob.expect_text("Jos\u00e9", "entered chat")
    assert "Jos\u00e9" in bob.expect_people()


@pytest.mark.parametrize(
    "name",
    [
        "x\u0300\u0301\u0302\u0303\u0304\u0305",  # a tower
        "\u0440aypal",  # of two alphabets
        "ann.",
        ".ann",
        "an\u200dn",
        "\u202enna",
        "\U0001f600",
        "\u0958" * 40,  # 120 bytes as typed, 240 as shown
    ],
)
def test_n1_what_breaks_a_rule_is_refused(plume, name):
    eve = plume.client(label="eve")
    eve.hello(name, "eve@e.example")
    eve.expect_no_entry("bad-name")
    assert plume.letters() == 0


LOOK_ALIKES = [
    ("paypal", "\u0440aypal"),  # Cyrillic
    ("linus", "Iinus"),
    ("modern", "modem"),
    ("ann", "\uff41\uff4e\uff4e"),  # full width
    ("bob", "\U0001d41b\U0001d428\U0001d41b"),  # letters of mathematics
    ("nina", "n\u03b9na"),  # Greek iota
    ("eva", "e\u200dva"),  # a joiner
    ("olga", "\u202eaglo"),  # an override
]


def test_n2_a_look_alike_of_a_claimed_name_is_refused(two_gateways):
    """Whoever asks, at another gateway; 260 pairs are in tests/unit/broker/look_alikes.def."""
    plume = two_gateways
    eve = plume.client(1, label="eve")
    for name, other in LOOK_ALIKES:
        plume.join(name)
        eve.hello(other, "eve@e.example")
        eve.expect_no_entry("name-taken", "bad-name")
    assert plume.letters() == len(LOOK_ALIKES), "eve got no mail"
    eve.hello("eve", "eve@e.example")
    eve.expect_waiting()


def test_n2_a_look_alike_of_a_name_calls_who_has_it(two_gateways):
    """Live and from history, through the gateway that was there and one that comes later."""
    plume = two_gateways
    people = {name: plume.join(name) for name, _ in LOOK_ALIKES}
    eve = plume.join("eve", at=1)
    said = {f"tea, @{other}?": [name] for name, other in LOOK_ALIKES}
    said["tea, @\u202eaglo?"] = None  # no mention, and shown as none
    said["@ann, @B0B: mail ann@ann.example, https://a.example/@eva"] = ["ann", "bob"]
    said["@nobody, @plumebot, @everyone"] = None
    for text in said:
        eve.say(text)
    plume.start_gateway()
    plume.wait_ready()
    late = plume.client(2, label="late")
    late.resume(eve.token, eve.epoch, 0)
    late.expect_in(resumed=True)
    for client in (people["ann"], eve, late):
        for text, mentions in said.items():
            post = client.expect_text("eve", text)
            assert post.get("mentions") == mentions, (text, post)


def test_n2_a_mention_follows_the_name_and_is_not_kept(system):
    """Whose name it is now is asked whenever a post is told."""
    plume = system.start()
    eve = plume.join("eve")
    eve.say("hello @b0b")
    assert "mentions" not in eve.expect_text("eve", "hello @b0b")
    plume.join("bob")
    plume.start_gateway()
    plume.wait_ready()
    late = plume.client(1, label="late")
    late.resume(eve.token, eve.epoch, 0)
    late.expect_in(resumed=True)
    assert late.expect_text("eve", "hello @b0b")["mentions"] == ["bob"]


def test_n3_reserved_names_are_nobodys(system):
    plume = system.start(broker={"reserve": ["helpdesk", "Staff"]})
    eve = plume.client(label="eve")
    for name in ("admin", "r00t", "HERE", "p1umebot", "he1pdesk", "HELPDESK", "staff"):
        eve.hello(name, "eve@e.example")
        eve.expect_no_entry("name-taken")
    assert plume.letters() == 0


def test_n3_who_has_a_reserved_name_keeps_it_while_the_session_lasts(system):
    plume = system.start()
    ann = plume.join("ann")
    plume.broker.drain()
    plume.start_broker(reserve="ann")
    plume.wait_ready()
    ann.expect_own(ann.say("still me"))
    ann.cut()
    ann.connect(plume.gateways[0].url)
    ann.resume()
    ann.expect_in(resumed=True)
    again = plume.client(label="again")
    again.hello("ann", "ann@ann.example")
    again.expect_no_entry("name-taken")


def test_n3_what_cannot_be_a_name_cannot_be_reserved(system):
    done = process.run("plume-broker", "--reserve", "no name", "--check-config")
    assert done.returncode == 2
    assert "--reserve" in done.stderr and "no name" in done.stderr


def test_n4_what_cannot_be_shown_is_refused_and_not_cut(two_gateways):
    plume = two_gateways
    ann, bob = plume.join("ann"), plume.join("bob", at=1)
    for text in ("a\x00b", "a\x1bb", "a\rb", "a\x7f", "a\x85b", "", "a" + "\u0301" * 201):
        id = ann.say(text)
        answer = ann.expect_refused("bad-text", "bad-message")
        if "\x00" not in text:  # a NUL is no message at all (W7)
            assert (answer["reason"], answer["id"]) == ("bad-text", id)
    for text in ("a\nb\tc", "a" + "\u0301" * 200, "\u202eolleh"):
        ann.say(text)
        bob.expect_text("ann", text)
    bob.settle()
    said = [f["text"] for f in bob.frames if f["type"] == TEXT and f["user"]["name"] == "ann"]
    assert len(said) == 4  # entered, and the three
