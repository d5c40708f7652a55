"""A person enters once and leaves once, whatever their tabs do."""

ENTERED, LEFT = "entered chat", "left chat"


def told_of(client, name):
    """What the room was told of this person's coming and going."""
    return [text for _, who, text in client.posts if who == name and text in (ENTERED, LEFT)]


def test_many_tabs_are_one_person(system):
    plume = system.start(gateways=2, broker={"grace": "1s"})
    bob = plume.join("bob")
    tab = plume.join("ann", at=0)
    bob.expect_text("ann", ENTERED, event="entered")
    other_tab = plume.join("ann", at=1)

    id = tab.say("from a tab")
    tab.expect_own(id)
    other_tab.expect_own(id)
    bob.expect_text("ann", "from a tab")

    tab.close()
    carl = plume.join("carl")
    carl.close()  # after the tab, so that his leaving is told after anything of the tab
    bob.expect_text("carl", LEFT, event="left")
    assert told_of(bob, "ann") == [ENTERED]

    other_tab.expect_own(other_tab.say("still here"))
    other_tab.close()
    bob.expect_text("ann", LEFT, event="left")
    bob.settle()
    assert told_of(bob, "ann") == [ENTERED, LEFT]


def test_who_comes_back_within_the_grace_never_left(system):
    plume = system.start(gateways=2, broker={"grace": "5s"})
    bob = plume.join("bob")
    ann = plume.join("ann")
    ann.cut()
    ann.connect(plume.gateways[1].url)
    ann.resume()
    ann.expect_in(resumed=True)

    carl = plume.join("carl")
    carl.close()
    bob.expect_text("carl", LEFT)
    assert told_of(bob, "ann") == [ENTERED]
    ann.expect_own(ann.say("never away"))


def test_who_comes_back_after_leaving_enters_again(system):
    plume = system.start(broker={"grace": "500ms"})
    bob = plume.join("bob")
    ann = plume.join("ann")
    ann.close()
    bob.expect_text("ann", LEFT)
    ann.connect(plume.gateways[0].url)
    ann.resume()
    ann.expect_in(resumed=True)
    bob.expect_text("ann", ENTERED)
    bob.settle()
    assert told_of(bob, "ann") == [ENTERED, LEFT, ENTERED]


def test_dead_connection_leaves(system):
    plume = system.start(
        broker={"grace": "500ms"}, gateway={"ping_interval": "1s", "pong_timeout": "3s"}
    )
    bob = plume.join("bob")
    ann = plume.join("ann")
    ann.deafen()  # pings are not answered any more
    bob.expect_text("ann", LEFT)
    ann.cut()


def test_killed_gateway_announces_nobody_who_comes_back(system):
    plume = system.start(gateways=2, broker={"grace": "5s", "gateway_timeout": "4s"})
    bob = plume.join("bob", at=1)
    ann = plume.join("ann", at=0)
    carl = plume.join("carl", at=0)
    bob.expect_text("carl", ENTERED)
    plume.gateways[0].kill()
    ann.connect(plume.gateways[1].url)
    ann.resume()
    ann.expect_in(resumed=True)

    bob.expect_text("carl", LEFT)  # who did not come back, once
    ann.settle()
    bob.settle()
    assert told_of(bob, "ann") == [ENTERED]
    assert told_of(bob, "carl") == [ENTERED, LEFT]
