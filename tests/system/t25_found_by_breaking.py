"""What somebody found who tried to break it; each stays fixed."""

import signal
import socket
import time

import pytest
from plume import process
from plume.bus_peer import FakeBroker, FakeGateway
from plume.wait import until

EVENTS, RESULTS, SYNC, SYNCED, POST = 50, 2, 16, 37, 51
EPOCH = 0x1234567890ABCDEF


@pytest.mark.parametrize("end", ["kill", "drain"])
def test_letter_after_a_mailer_restarted_is_not_given_to_the_dead_one(system, end):
    plume = system.start()
    plume.join("ann")
    getattr(plume.mailers[0], end)()
    plume.start_mailer().wait_ready()
    plume.join("bob")  # within the deadline of any test, which is a third of a lease


def test_many_who_return_far_behind_catch_up_in_a_quiet_room(system):
    plume = system.start(gateway={"posts_per_second": 0}, broker={"history": 3000})
    ann = plume.join("ann")
    words = "far behind " * 20
    for n in range(1500):
        ann.say(f"{n} {words}")
    ann.settle()
    late = plume.start_gateway(posts_per_second=0)  # knows the latest thousand only
    late.wait_ready()
    behind = [plume.client(at=late, label=f"behind-{n}") for n in range(8)]
    for one in behind:
        one.name, one.epoch, one.seq = "ann", ann.epoch, 1
        one.resume(token=ann.token)
        one.expect_in(resumed=True)
    for one in behind:  # and nobody says a word
        until(lambda: one.seq >= ann.seq, lambda: f"{one} stays at {one.seq} of {ann.seq}")


class ForgetfulBroker:
    """Swallows its answer to the first SYNC, as a broker does that dies with it."""

    def __init__(self):
        self.syncs = 0

    def answer(self, request):
        reply = [[RESULTS, request[0][2], EPOCH, 1, 1]]
        for command in request[1:]:
            if command[0] == SYNC:
                self.syncs += 1
                if self.syncs > 1:
                    reply += [[SYNCED, 0, 0, 1], [POST, 1, 1000, 0, "ann", "here", "", 0]]
        return reply


def test_lost_answer_to_a_repair_is_asked_for_again(system):
    room = ForgetfulBroker()
    broker = FakeBroker(system.ports.first, room.answer, (1, 1))
    try:
        gateway = system.start_gateway()
        until(lambda: broker.subscribers, "the gateway subscribes")
        broker.publish([EVENTS, EPOCH, 1])
        gateway.wait_ready()
        assert room.syncs > 1
    finally:
        broker.close()


def test_logins_without_a_code_end_with_their_connection(system):
    plume = system.start(broker={"mail_interval": "1h"})
    ann = plume.client(label="ann")
    ann.hello("ann", "ann@ann.example")
    ann.expect_waiting(mail="sent")
    for n in range(20):
        eve = plume.client(label="eve")
        eve.hello(f"eve{n}", "ann@ann.example")
        eve.expect_waiting(mail="withheld")
        eve.close()

    def logins():
        return '"logins": 1,' in plume.ctl("--json", "status").stdout

    until(logins, lambda: plume.ctl("--json", "status").stdout)
    ann.auth(plume.code_for("ann@ann.example"))
    ann.expect_in()


def test_gateway_that_is_not_ready_takes_nobody(system):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    gateway = system.start_gateway(listen=f"127.0.0.1:{port}")
    gateway.wait_for_event("start")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), 5)
    system.start_broker()
    gateway.wait_ready()
    socket.create_connection(("127.0.0.1", port), 5).close()


def test_numbers_of_dead_gateways_keep_no_new_one_out(system):
    system.start_broker(gateway_timeout="1s").wait_ready()
    for _ in range(256):
        dead = FakeGateway(system.ports.first + 1)
        dead.batch()
        dead.close()
    system.start_gateway().wait_ready()


def test_numbers_of_dead_gateways_keep_no_new_one_out_of_a_restarted_broker(system):
    """Right after its start the broker has heard nobody yet, and nobody counts as silent."""
    port = system.ports.first + 1

    def one_batch():
        gateway = FakeGateway(port)
        kind = gateway.batch()[0][0]
        gateway.close()
        return kind

    system.start_broker(gateway_timeout="1h").wait_ready()
    for _ in range(256):
        assert one_batch() == RESULTS
    system.broker.kill()
    system.start_broker(gateway_timeout="1h").wait_ready()
    until(lambda: one_batch() == RESULTS, "a new gateway is taken")


def test_late_number_of_a_stolen_id_makes_the_gateway_start_over(system):
    system.start_broker().wait_ready()
    good = FakeGateway(system.ports.first + 1)
    good.batch()
    thief = FakeGateway(system.ports.first + 1)
    thief.id = good.id
    thief.batch(number=2**64 - 1)
    assert good.batch()[0][0] == 3  # START_OVER, instead of silence


def test_waiting_names_the_login_that_this_connection_asks_about(plume):
    ann = plume.client(label="ann")
    ann.hello("ann", "ann@ann.example")
    ticket = ann.expect_waiting()["ticket"]
    again = plume.client(label="again")
    again.auth("00000000", ticket=ticket)
    again.expect_reset(reason="wrong-code")
    again.hello("ann", "ann@ann.example")
    assert again.expect_waiting()["ticket"] == ticket


def test_empty_state_is_refused(system):
    done = process.run("plume-broker", "--state", "")
    assert done.returncode == 2 and "--state" in done.stderr


def enters_and_leaves(client, name):
    return [text for _, who, text in client.posts if who == name and text.endswith(" chat")]


@pytest.mark.parametrize("comes_back", [True, False])
def test_who_was_announced_as_gone_stays_so_over_a_restart_of_the_broker(system, comes_back):
    options = {"grace": "1s", "gateway_timeout": "1s"}
    plume = system.start(gateways=2, broker=options)
    bob = plume.join("bob", at=1)
    ann = plume.join("ann", at=0)
    carl = plume.join("carl", at=1)
    plume.gateways[0].kill()
    bob.expect_text("ann", "left chat")
    plume.broker.kill()
    plume.start_broker(**options).wait_ready()
    if comes_back:
        ann.connect(plume.gateways[1].url)
        ann.resume()
        ann.expect_in()
        bob.expect_text("ann", "entered chat", people=3)
    else:  # timeout and grace go by once more, for somebody else to be seen by
        carl.close()
        bob.expect_text("carl", "left chat", people=1)
    bob.settle()
    assert enters_and_leaves(bob, "ann") == ["entered chat", "left chat", "entered chat"][: 3 if comes_back else 2]


def test_broker_that_was_stopped_for_long_announces_nobody(system):
    plume = system.start(broker={"grace": "1s", "gateway_timeout": "1s"})
    bob, ann = plume.join("bob"), plume.join("ann")
    plume.broker.signal(signal.SIGSTOP)
    try:
        assert bob.expect(10, notice="bus-lost")["text"]
        ann.cut()
        ann.connect(plume.gateways[0].url)
        ann.resume()
        assert ann.expect(10, notice="bus-lost")["text"]  # and not silence
        stopped = time.monotonic()
        until(lambda: time.monotonic() - stopped > 2.5, "longer than timeout and grace")
    finally:
        plume.broker.signal(signal.SIGCONT)
    ann.expect_in(resumed=True)
    ann.settle()
    bob.settle()
    assert enters_and_leaves(bob, "ann") == ["entered chat"]
    assert enters_and_leaves(bob, "bob") == ["entered chat"]
