"""SIGTERM: each program finishes what it has begun and exits 0."""

from plume.raw_socket import RawSocket
from plume.smtp_sink import HANG, SmtpSink
from plume.wait import until


def test_each_drains(plume):
    ann = plume.join("ann")
    ann.close()
    for process in (plume.gateways[0], plume.mailers[0], plume.broker):
        process.drain()


def test_broker_drains_first(plume):
    plume.join("ann")
    plume.broker.drain()
    plume.mailers[0].drain()
    plume.gateways[0].drain()


def test_those_who_wait_for_a_broker_drain(system):
    for process in (system.start_gateway(), system.start_mailer()):
        until(process.log, f"first words of {process}")
        process.drain()


def test_gateway_sends_its_browsers_elsewhere(two_gateways):
    plume = two_gateways
    ann, bob = plume.join("ann", at=0), plume.join("bob", at=1)
    id = ann.say("last words here")
    bob.expect_text("ann", "last words here", id=id)
    plume.gateways[0].drain()
    ann.expect_closed(1001, "draining")

    bob.say("where are you?")
    ann.connect(plume.gateways[1].url)
    ann.resume()
    ann.expect_in(resumed=True)
    ann.expect_text("bob", "where are you?")
    ann.say("here")
    bob.expect_text("ann", "here")
    bob.settle()
    assert ("ann", "left chat") not in bob.texts()


def test_all_that_was_said_is_in_the_room(system):
    plume = system.start(gateways=2, gateway={"posts_per_second": 0})
    ann, bob = plume.join("ann", at=0), plume.join("bob", at=1)
    for number in range(100):
        ann.say(f"word {number}")
    bob.expect_text("ann", "word 0")
    plume.gateways[0].drain()
    ann.expect_closed(1001)
    last = [text for _, text in ann.texts("ann")][-1]  # what ann was told is in the room, is
    if last.startswith("word"):
        until(lambda: ("ann", last) in bob.texts(), f"bob has {last!r}")
    words = [text for _, text in bob.texts("ann") if text.startswith("word")]
    assert words == [f"word {number}" for number in range(len(words))]


def test_broker_keeps_the_room(plume):
    ann = plume.join("ann")
    ann.expect_own(ann.say("remember this"))
    plume.broker.drain()
    plume.start_broker().wait_ready()
    bob = plume.join("bob")
    bob.expect_text("ann", "remember this")


def test_mailer_finishes_the_letter_it_has_begun(system):
    sink = system.guard(SmtpSink())
    plume = system.start(mailer={"transport": f"smtp://127.0.0.1:{sink.port}"})
    sink.reply("DATA", HANG)
    ann = plume.client(label="ann")
    ann.hello("ann", "ann@a.example")
    sink.wait_met("DATA")
    mailer = plume.mailers[0]
    mailer.begin_drain()
    sink.relent()
    mailer.drain()
    assert len(sink.letters) == 1
    ann.expect_waiting(mail="sent")


def milliseconds(line):
    clock = line["time"].rstrip("Z").partition("T")[2]
    hours, minutes, seconds = clock.split(":")
    return (int(hours) * 3600 + int(minutes) * 60) * 1000 + int(float(seconds) * 1000)


def test_browsers_are_moved_one_after_the_other(system):
    plume = system.start(gateways=2, gateway={"drain": "5s"})
    people = [plume.join(f"p{n}") for n in range(40)]
    leaving, staying = plume.gateways
    leaving.drain()
    for one in people:
        assert one.expect(10, notice="moving")["retry_in"] > 0
        one.expect_closed(1001, "draining")
    closed = [milliseconds(line) for line in leaving.events("close", reason="draining")]
    assert len(closed) == 40
    assert closed[-1] - closed[0] >= 200  # a hundred a second, not all at once
    people[0].connect(staying.url)
    people[0].resume()
    people[0].expect_in(resumed=True)


def test_who_does_not_say_goodbye_does_not_make_others_leave_sooner(system):
    """The answer to a close frame takes a round trip, and browsers may be far away."""
    plume = system.start(gateway={"drain": "5s"})
    gateway = plume.gateways[0]
    people = [RawSocket(gateway.port).upgrade() for _ in range(100)]
    gateway.drain()
    closed = [milliseconds(line) for line in gateway.events("close", reason="draining")]
    assert len(closed) == len(people)
    assert closed[-1] - closed[0] >= 500  # a hundred a second
