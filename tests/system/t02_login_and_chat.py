"""The way in, and talking: one gateway, the Maildir."""

import time

from plume.system import code_in


def test_a_code_comes_by_mail_and_lets_ann_in(plume):
    ann = plume.client(label="ann")
    ann.hello("ann", "ann@a.example")
    waiting = ann.expect_waiting()
    assert waiting["user"]["name"] == "ann" and waiting["ticket"] and waiting["digits"] == 8
    assert 0 < waiting["expires_in"] <= 600_000

    ann.auth(plume.code_for("ann@a.example"))
    ack = ann.expect_in(name="ann", resumed=False)
    assert len(ack["epoch"]) == 16 and int(ack["epoch"], 16)
    assert len(ack["token"]) >= 32
    ann.expect_text("ann", "entered chat", event="entered")


def test_the_waiting_are_told_what_became_of_the_mail(plume):
    ann = plume.client(label="ann")
    ann.hello("ann", "ann@a.example")
    sent = ann.expect_waiting(mail="sent")
    assert sent["sender"] == "plume@chat.example"


def test_ann_and_bob_talk(plume):
    ann = plume.join("ann")
    bob = plume.join("bob")
    ann.expect_text("bob", "entered chat", event="entered")

    before = time.time() * 1000
    id = ann.say("hi bob")
    post = bob.expect_text("ann", "hi bob", id=id)
    assert before - 5000 < post["ts"] < time.time() * 1000 + 5000
    assert ann.expect_own(id)["seq"] == post["seq"]

    bob.say("hi ann – ünïcödé 🪶\nsecond line\t\"quoted\" \\ </script>")
    ann.expect_text("bob", "hi ann – ünïcödé 🪶\nsecond line\t\"quoted\" \\ </script>")


def test_nobody_speaks_with_another_name(plume):
    ann, bob = plume.join("ann"), plume.join("bob")
    ann.send(type=1, user={"name": "bob"}, text="I am bob")
    bob.expect_text("ann", "I am bob")
    ann.send(type=1, user={"name": "plumebot"}, text="I am the bot")
    bob.expect_text("ann", "I am the bot")


def test_the_letter_is_a_proper_one(plume):
    ann = plume.client()
    ann.hello("ann", "ann@a.example")
    letter = plume.letter_to("ann@a.example")
    code = code_in(letter)
    assert "plume@chat.example" in letter["From"]
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"].datetime and letter["Message-ID"]
    assert letter.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    for part in letter.iter_parts():
        assert code in part.get_content()


def test_code_is_read_as_people_write_it(plume):
    ways = [
        lambda c: f" {c[:4]} {c[4:]} ",
        lambda c: f"{c[:2]}-{c[2:4]}-{c[4:6]}-{c[6:]}",
        lambda c: "".join(chr(ord(digit) - ord("0") + ord("０")) for digit in c),  # full width
    ]
    for number, written in enumerate(ways):
        ann = plume.client()
        ann.hello("ann", "ann@a.example")
        ann.expect_waiting()
        ann.auth(written(plume.code_for("ann@a.example")))
        ann.expect_in(name="ann")
        ann.close()


def test_newcomer_is_told_the_latest_posts(system):
    plume = system.start(broker={"newcomer_posts": 3})
    ann = plume.join("ann")
    for number in range(6):
        ann.expect_own(ann.say(f"post {number}"))
    bob = plume.join("bob")
    bob.settle()
    assert bob.texts("ann") in (
        [("ann", "post 3"), ("ann", "post 4"), ("ann", "post 5")],
        [("ann", "post 4"), ("ann", "post 5")],  # when bob's own entering counts
    )


def test_addresses_go_to_nobody_else(plume):
    ann = plume.join("ann", "ann@secret.example")
    bob = plume.join("bob")
    ann.settle()
    bob.settle()
    assert "secret.example" not in str(bob.frames)
