"""The way in and the talk, by two people on two gateways."""


def test_two_people_on_two_gateways(plume, browser):
    ann, bob = browser("ann"), browser("bob")
    ann.open(plume.gateways[0])
    ann.expect_step("enter")
    ann.screenshot("1-enter")
    ann.enter("ann", "ann@a.example")
    ann.expect_step("verify")
    assert ann.text("address") == "ann@a.example"
    ann.expect_text("mail-status", "accepted by the mail server at")
    ann.screenshot("2-verify")
    code = plume.code_for("ann@a.example")
    ann.give_code(f"{code[:4]} {code[4:]}")
    ann.expect_step("chat")
    assert ann.text("me") == "ann"

    bob.join(plume, "bob", at=1)
    ann.expect_event("ann and bob entered")
    ann.say("Good morning, Bob!")
    bob.expect_post("ann", "Good morning, Bob!")
    bob.say("Morning, Ann.\nHow was Verona?")
    for one in (ann, bob):
        one.expect_post("bob", "Morning, Ann.\nHow was Verona?")
    ann.say("Hot. But look: https://en.wikipedia.org/wiki/Verona_Arena")
    for one in (ann, bob):
        one.expect_post("ann", "Hot. But look: https://en.wikipedia.org/wiki/Verona_Arena")
    assert ann.posts("[data-seq].post") == bob.posts("[data-seq].post")
    ann.screenshot("3-chat")
    bob.screenshot("3-chat-bob")


def test_who_asks_again_for_the_same_gets_in_with_the_mail_that_came(system, browser):
    """No second mail is sent within a minute."""
    plume = system.start(broker={"mail_interval": "60s"})
    ann = browser("ann")
    ann.open(plume.gateways[0])
    ann.enter("ann", "ann@a.example")
    ann.expect_step("verify")
    code = plume.code_for("ann@a.example")
    ann.find("other-address").click()
    ann.expect_step("enter")
    ann.enter("ann", "ann@a.example")
    ann.expect_step("verify")
    ann.expect_text("mail-status", "accepted by the mail server at")
    ann.give_code(code)
    ann.expect_step("chat")


def test_newcomer_is_welcomed_by_the_bot_alone(plume, browser):
    ann = browser("ann").join(plume, "ann")
    bob = browser("bob").join(plume, "bob", at=1)
    bob.say("hello")
    ann.expect_post("bob", "hello")
    welcomes = ann.posts(".private")
    assert len(welcomes) == 2 and all("plumebot" in name for name, _ in welcomes)
    assert all("bob" not in text for _, text in welcomes)


def test_one_person_in_two_windows(plume, browser):
    one = browser("first window").join(plume, "ann")
    two = browser("second window").join(plume, "ann", at=1)
    one.say("from the first")
    two.expect_post("ann", "from the first")
    two.say("from the second")
    one.expect_post("ann", "from the second")
    assert one.events() == ["ann entered"], "a person enters once, not once per window"


def test_sign_out_leads_back_and_forgets(plume, browser):
    ann = browser("ann").join(plume, "ann")
    ann.sign_out()
    ann.expect_step("enter")
    ann.reload()
    ann.expect_step("enter")
    assert ann.find("email").get_attribute("value") == ""
