"""Nothing is lost: gateways and the broker are killed, and people go on where they were."""

import pytest
from plume.client import ACCEPTED, NOTICE, FaithfulClient
from plume.wait import until


def test_resume_at_another_gateway_gets_what_was_missed(two_gateways):
    plume = two_gateways
    ann, bob = plume.join("ann", at=0), plume.join("bob", at=1)
    ann.expect_own(ann.say("here we go"))
    bob.expect_text("ann", "here we go")
    plume.gateways[0].kill()
    missed = [bob.expect_own(bob.say(f"missed {number}"))["seq"] for number in range(3)]

    last = ann.seq
    ann.connect(plume.gateways[1].url)
    ann.resume()
    ack = ann.expect_in(name="ann", resumed=True)
    assert ack["from"] == last + 1 and ack["epoch"] == bob.epoch and not ack.get("token")
    for number in range(3):
        assert ann.expect_text("bob", f"missed {number}")["seq"] == missed[number]
    ann.say("and on")
    bob.expect_text("ann", "and on")
    ann.settle()
    bob.settle()
    assert ("ann", "left chat") not in bob.texts()
    assert ann.posts == bob.posts[: len(ann.posts)]


def test_resume_without_any_post_yet_gets_all(plume):
    ann = plume.join("ann")
    ann.settle()
    before = list(ann.posts)
    ann.cut()
    ann.connect(plume.gateways[0].url)
    ann.seq, ann.posts = 0, []
    ann.resume()
    assert ann.expect_in(resumed=True)["from"] == before[0][0] == 1
    ann.settle()
    assert ann.posts[: len(before)] == before


def test_resume_while_the_old_connection_is_half_open(two_gateways):
    plume = two_gateways
    ann = plume.join("ann", at=0)
    bob = plume.join("bob", at=1)
    ann.deafen()
    again = plume.client(at=1, label="ann again")
    again.token, again.epoch, again.seq, again.name = ann.token, ann.epoch, ann.seq, "ann"
    again.resume()
    again.expect_in(name="ann", resumed=True)
    again.say("back")
    bob.expect_text("ann", "back")
    bob.settle()
    assert [text for _, text in bob.texts("ann") if "chat" in text] in ([], ["entered chat"])
    ann.cut()


def test_forgotten_posts_are_told(system):
    plume = system.start(broker={"history": 5}, gateway={"posts_per_second": 0})
    ann, bob = plume.join("ann"), plume.join("bob")
    ann.settle()
    ann.cut()
    for number in range(20):
        bob.expect_own(bob.say(f"word {number}"))
    last = ann.seq
    ann.connect(plume.gateways[0].url)
    ann.resume()
    ack = ann.expect_in(resumed=True)
    assert ack["from"] > last + 1
    ann.expect_text("bob", "word 19")


@pytest.mark.parametrize("other", [0, 1])
def test_post_sent_again_is_in_the_room_once(two_gateways, other):
    plume = two_gateways
    ann, bob = plume.join("ann", at=0), plume.join("bob", at=1)
    id = ann.say("only once")
    seq = ann.expect_own(id)["seq"]
    ann.cut()
    ann.connect(plume.gateways[other].url)
    ann.resume()
    ann.expect_in(resumed=True)
    ann.say("only once", id=id)
    assert ann.expect(ACCEPTED, id=id)["seq"] == seq
    ann.settle()
    bob.settle()
    assert bob.texts("ann").count(("ann", "only once")) == 1


def test_killed_broker_comes_back_with_room_and_sessions(two_gateways):
    plume = two_gateways
    ann = plume.join("ann", at=0, kind=FaithfulClient)
    bob = plume.join("bob", at=1, kind=FaithfulClient)
    for number in range(5):
        ann.say(f"before {number}")
    ann.expect_answered()
    bob.expect_text("ann", "before 4")
    epoch = ann.epoch

    plume.broker.kill()
    plume.start_broker().wait_ready()
    ann.say("after")
    ann.expect_answered()
    bob.expect_text("ann", "after")
    bob.say("indeed")
    ann.expect_text("bob", "indeed")
    assert ann.epoch == bob.epoch == epoch
    assert ("ann", "left chat") not in bob.texts() and ("bob", "left chat") not in ann.texts()

    carl = plume.join("carl")
    carl.expect_text("ann", "before 0")
    carl.expect_text("ann", "after")
    assert carl.epoch == epoch

    ann.close()  # and the session that was begun before the kill is good for a new connection
    ann.connect(plume.gateways[1].url)
    ann.resume()
    assert ann.expect_in(resumed=True)["epoch"] == epoch


def test_what_is_said_while_the_broker_is_away_arrives(plume):
    ann = plume.join("ann", kind=FaithfulClient)
    bob = plume.join("bob", kind=FaithfulClient)
    plume.broker.kill()
    ann.expect(NOTICE, notice="bus-lost")
    for number in range(3):
        ann.say(f"into the dark {number}")
    plume.start_broker().wait_ready()
    ann.expect_answered()
    assert not ann.refused
    for number in range(3):
        bob.expect_text("ann", f"into the dark {number}")
    dark = [text for _, text in bob.texts("ann") if text.startswith("into")]
    assert dark == [f"into the dark {number}" for number in range(3)]


def test_broker_killed_while_people_talk_loses_nothing(system):
    plume = system.start(gateways=2, gateway={"posts_per_second": 0})
    ann = plume.join("ann", at=0, kind=FaithfulClient)
    bob = plume.join("bob", at=1, kind=FaithfulClient)
    for round in range(3):
        for number in range(50):
            ann.say(f"word {round}-{number}")
            if number == 25:
                plume.broker.kill()
                plume.start_broker()
        ann.expect_answered()
        bob.expect_text("ann", f"word {round}-49")
    words = [f"word {round}-{number}" for round in range(3) for number in range(50)]
    assert [text for _, text in bob.texts("ann") if text.startswith("word")] == words
    assert not ann.refused


def test_login_that_waits_survives_the_broker_and_the_gateway(two_gateways):
    plume = two_gateways
    ann = plume.client(at=0, label="ann")
    ann.hello("ann", "ann@a.example")
    ann.expect_waiting(mail="sent")
    plume.broker.kill()
    plume.gateways[0].kill()
    plume.start_broker().wait_ready()

    ann.connect(plume.gateways[1].url)
    ann.resume_login()
    ann.expect_waiting(name="ann")
    ann.auth(plume.code_for("ann@a.example"))
    ann.expect_in(name="ann")


def test_room_in_memory_begins_anew(system):
    plume = system.start(broker={"state": ":memory:"})
    ann = plume.join("ann")
    epoch = ann.epoch
    plume.broker.kill()
    plume.start_broker(state=":memory:").wait_ready()
    gateway = plume.gateways[0]
    over = gateway.wait_for_event("start_over")  # the broker does not know it any more
    number = gateway.wait_for_event("gateway_number", was=over["gateway"])["gateway"]
    until(lambda: number in plume.ctl("status").stdout, "operators know it by its new number")
    ann.connect(plume.gateways[0].url)
    ann.resume()
    ann.expect_reset(reason="session-over")
    again = plume.join("ann")
    assert again.epoch != epoch
