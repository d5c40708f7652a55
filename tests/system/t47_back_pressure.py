"""More is said than a gateway can carry: its readers are behind, and the writers hear so - on every
gateway -, while nothing that was accepted is lost. Who stopped reading stops nobody from writing."""

from plume.client import REFUSED, TEXT

BIG = "x" * 60_000
BURST = 20  # more than a quarter of the frame log, and far from all of it
ROUNDS = 30
POSTS = 300  # 18 MB: three times what buffers on the way hold, and four times the frame log


def answer(client, id):
    """True: it is in the room. False: it was refused, with a time to come back."""
    heard = client.expect(TEXT, REFUSED, id=id)
    assert heard["type"] == TEXT or (heard["reason"] == "busy" and heard["retry_in"] > 0), heard
    return heard["type"] == TEXT


def has(client, text):
    return any(one == text for _, one in client.texts("ann"))


def refused_while_behind(writer, reader, number):
    """A burst that the reader's gateway keeps for a moment; what is said in this moment is refused."""
    ids = [writer.say(f"{number}-{n} {BIG}") for n in range(BURST)]
    taken = [answer(writer, id) for id in ids]
    if not all(taken):
        return True
    while not has(reader, f"{number}-{BURST - 1} {BIG}"):
        if not answer(writer, writer.say(f"{number} and more")):
            return True
    return False


def test_writers_wait_for_readers_of_another_gateway(system):
    plume = system
    plume.start_broker()
    # As one that is overloaded: it takes in posts and gives them out late.
    plume.start_gateway(posts_per_second=0, flush_interval="1s")
    plume.start_gateway(posts_per_second=0)
    plume.start_mailer()
    plume.wait_ready()
    readers = [plume.join(name, at=0) for name in ("bob", "eve")]
    ann = plume.join("ann", at=1)
    for reader in readers:
        reader.settle()

    assert any(refused_while_behind(ann, readers[0], number) for number in range(ROUNDS))
    assert plume.gateways[0].events("readers_behind")
    assert not plume.gateways[1].events("readers_behind")
    while not answer(ann, ann.say("the end")):  # taken as soon as the readers have what there is
        pass
    for reader in readers:
        reader.expect_text("ann", "the end")
        assert reader.texts("ann") == ann.texts("ann")


def test_who_stopped_stops_nobody(system):
    plume = system.start(gateway={"posts_per_second": 0, "log_level": "info"})
    ann, bob = plume.join("ann"), plume.join("bob")
    stopped = [plume.join(f"deaf{n}") for n in range(4)]
    for one in stopped:
        one.settle()
        one.deafen()
    for n in range(POSTS):
        ann.expect_own(ann.say(f"{n} {BIG}"))
    bob.expect_text("ann", f"{POSTS - 1} {BIG}")
    texts = [text for _, text in bob.texts("ann")]
    assert [text for text in texts if text.endswith(BIG)] == [f"{n} {BIG}" for n in range(POSTS)]
    assert not plume.gateways[0].events("readers_behind")
    for one in stopped:
        one.cut()
