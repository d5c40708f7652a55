"""A page that is reloaded is where it was."""


def test_at_the_verify_step(plume, browser):
    ann = browser("ann")
    ann.open(plume.gateways[0])
    ann.enter("ann", "ann@a.example")
    ann.expect_step("verify")
    ann.expect_text("mail-status", "accepted by the mail server")
    ann.reload()
    ann.expect_step("verify")
    assert ann.text("address") == "ann@a.example"
    ann.expect_text("mail-status", "accepted by the mail server")
    ann.give_code(plume.code_for("ann@a.example"))
    ann.expect_step("chat")


def test_at_the_chat_step(plume, browser):
    ann, bob = browser("ann").join(plume, "ann"), plume.join("bob", at=1)
    ann.say("before the reload")
    bob.expect_text("ann", "before the reload")
    ann.expect_post("ann", "before the reload")
    ann.reload()
    ann.expect_step("chat")
    ann.expect_post("ann", "before the reload")
    bob.say("after the reload")
    ann.expect_post("bob", "after the reload")
    ann.say("and here I am")
    bob.expect_text("ann", "and here I am")
    assert ann.text("me") == "ann"
    assert [post for post in ann.posts() if post[1] == "before the reload"] == [
        ("ann", "before the reload")
    ]
    bob.expect_none(1, name="ann", text="left chat")


def test_gateway_that_goes_away_is_waited_for(plume, browser):
    """Another one takes its port, as behind one address."""
    ann, bob = browser("ann").join(plume, "ann"), plume.join("bob", at=1)
    first = plume.gateways[0]
    port = first.port
    first.kill()
    bob.say("while ann is away")
    plume.start_gateway(listen=f"127.0.0.1:{port}").wait_ready()
    ann.expect_post("bob", "while ann is away", deadline=30)
    ann.say("back")
    bob.expect_text("ann", "back")
    ann.forgive("WebSocket connection to")  # the browser tells of the lost gateway by itself
