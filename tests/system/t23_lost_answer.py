"""The answer to a right code was lost: the browser that gave it gets in all the same."""


def ask(plume, label, at=0):
    client = plume.client(label=label, at=at)
    client.hello("ann", "ann@ann.example")
    client.expect_waiting(mail="sent")
    return client, plume.code_for("ann@ann.example")


def test_same_browser_redeems_again_with_its_claim(two_gateways):
    plume = two_gateways
    ann, code = ask(plume, "ann")
    ann.auth(code, claim="only-mine")
    first = ann.expect_in()["token"]

    ann.cut()  # as if that answer had never come
    ann.connect(plume.gateways[1].url)
    ann.epoch, ann.seq, ann.posts = None, 0, []
    ann.resume_login()  # as the page does first
    ann.expect_waiting()
    ann.auth(code, claim="only-mine")
    second = ann.expect_in()["token"]
    assert second and second != first

    bob = plume.join("bob")
    assert [text for _, text in bob.texts("ann")].count("entered chat") <= 1


def test_after_a_restart_of_the_broker_too(system):
    plume = system.start()
    ann, code = ask(plume, "ann")
    ann.auth(code, claim="only-mine")
    ann.expect_in()
    ann.cut()
    plume.broker.kill()
    plume.start_broker().wait_ready()
    ann.connect(plume.gateways[0].url)
    ann.epoch, ann.seq, ann.posts = None, 0, []
    ann.auth(code, claim="only-mine")
    ann.expect_in()


def test_nobody_else_does(two_gateways):
    plume = two_gateways
    ann, code = ask(plume, "ann")
    ann.auth(code, claim="only-mine")
    ann.expect_in()
    for claim in ({}, {"claim": "another"}, {"claim": ""}):
        eve = plume.client(label="eve", at=1)
        eve.auth(code, ticket=ann.ticket, **claim)
        eve.expect_reset(reason="login-over")


def test_without_a_claim_a_code_is_gone(two_gateways):
    plume = two_gateways
    ann, code = ask(plume, "ann")
    ann.auth(code)
    ann.expect_in()
    again = plume.client(label="again", at=1)
    again.auth(code, ticket=ann.ticket, claim="late")
    again.expect_reset(reason="login-over")
