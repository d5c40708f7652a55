"""The waiting step tells the truth about the mail; who waited needs no second mail."""

import json


def status(browser):
    return [browser.text(part) for part in ("mail-status", "mail-retry", "mail-look")]


def waiting(**facts):
    return {"type": 7, "user": {"name": "ann"}, "ticket": "tick", "digits": 8, **facts}


def test_every_state_of_the_mail_is_told(alone):
    alone.wait_for_code(mailers=0, reference="K7Q-2MX")
    assert "No mailer is running" in alone.text("mail-status")
    assert "K7Q-2MX" in alone.text("mail-look")
    alone.hear(waiting(mail="queued", mailers=2))
    assert "about to be sent" in alone.text("mail-status")
    alone.hear(waiting(mail="deferred", mail_retry_in=20000))
    assert status(alone)[:2] == ["Your mail server asked to wait.", "Trying again in 20 s."]
    alone.screenshot("mail-deferred")
    alone.hear(waiting(mail="refused"))
    assert "refused" in alone.text("mail-status") and alone.text("mail-retry") == ""
    alone.hear(waiting(mail="sent", sender="plume@chat.example", subject="Plume: <b>your code</b>"))
    assert status(alone) == [
        "Your mail was sent.",
        "",
        "Look for a mail from plume@chat.example, with the subject “Plume: <b>your code</b>”.",
    ]
    alone.run(
        "room.hear({type: 7, ticket: 'tick', mail: 'sent', mailed_at: new Date(2026, 4, 3, 14, 3).getTime()})"
    )
    said = alone.text("mail-status")
    assert "accepted by the mail server at" in said and ":03" in said


def test_a_mail_that_is_not_sent_is_not_looked_for(alone):
    alone.wait_for_code(mail="withheld", sender="plume@chat.example", reference="K7Q-2MX")
    assert status(alone) == ["No new mail was sent: it is too soon. Wait, then ask again.", "", ""]
    assert alone.text("mail-expiry") == ""
    alone.hear(waiting(mail="sent", expires_in=600000))
    assert "The code is good until" in alone.text("mail-expiry")


def test_a_new_code_is_offered_when_it_may_be_asked_for(alone):
    alone.wait_for_code(resend_in=90000)
    resend = alone.find("resend")
    assert not resend.is_enabled() and "in 90 s" in resend.text
    alone.hear(waiting(mail="sent", resend_in=0))
    assert resend.is_enabled() and resend.text == "Send a new code"
    resend.click()
    assert not resend.is_enabled()
    assert alone.sent()[-1] == {"type": 6, "user": {"name": ""}, "text": "", "v": 1, "ticket": "tick"}
    alone.hear(waiting(mail="sent", resend_in=0))
    assert [f["text"] for f in alone.sent(0)] == ["ann\nann@ann.example"] * 2


def test_another_address_keeps_the_name(alone):
    alone.wait_for_code()
    alone.find("other-address").click()
    alone.expect_step("enter")
    assert alone.find("name").get_attribute("value") == "ann"
    alone.reload()
    alone.expect_step("enter")
    assert alone.find("name").get_attribute("value") == "ann"


def test_what_was_typed_survives_a_reload(alone):
    alone.fill("name", "ann")
    alone.fill("email", "ann@a")
    alone.reload()
    alone.expect_step("enter")
    values = [alone.find(field).get_attribute("value") for field in ("name", "email")]
    assert values == ["ann", "ann@a"]


def test_a_whole_line_of_the_mail_can_be_pasted(alone):
    line = "Your code, asked for at 14:03, is 4829 1357. It is good for 10 minutes."
    for pasted in ("4829 1357", line):
        alone.wait_for_code()
        alone.find("code").click()
        alone.cdp("Input.insertText", text=pasted)
        alone.answer_ticket()
        assert alone.expect_sent(2)["text"] == "48291357"
        alone.find("other-address").click()
        alone.run("room.sent.length = 0")


def test_the_proof_of_an_address_goes_with_its_later_hellos(alone):
    alone.enter_room()
    assert "proof" not in alone.sent(0)[0]
    alone.hear({"type": 4, "reason": "session-over", "text": "You are signed out."})
    alone.expect_step("enter")
    assert alone.text("enter-error") == "You are signed out."
    assert alone.find("email").get_attribute("value") == "ann@ann.example"
    alone.run("room.sent.length = 0")
    alone.find("enter-button").click()
    assert alone.expect_sent(0)["proof"] == "prf"
    alone.hear(waiting(mail="queued"))
    alone.find("other-address").click()
    alone.run("room.sent.length = 0")
    alone.enter("ann", "ann@elsewhere.example")
    assert "proof" not in alone.expect_sent(0)


def test_signing_out_leaves_nothing(alone):
    alone.enter_room()
    alone.find("composer").send_keys("a draft")
    alone.sign_out()
    assert alone.expect_sent(14)["everywhere"] is False
    alone.hear({"type": 15, "reason": "session-over", "text": "You are signed out."})
    alone.run("room.close(1008, 'signed-out')")
    alone.expect_step("enter")
    alone.expect_text("state", "You are signed out.")
    left = alone.run("return JSON.stringify([{...localStorage}, sessionStorage])")
    assert [key for key in json.loads(left)[0]] == [] and "a draft" not in left
    alone.enter_room()
    alone.sign_out("everywhere")
    assert alone.sent(14)[-1]["everywhere"] is True


def test_another_tab_signs_out_its_own_person_only(alone):
    alone.enter_room()
    event = "dispatchEvent(new StorageEvent('storage', {key: 'plume.session', oldValue: arguments[0]}))"
    alone.run(event, json.dumps({"name": "bob", "token": "bobs"}))
    alone.expect_step("chat")
    alone.run(event, alone.run("return localStorage['plume.session']"))
    alone.expect_step("enter")
    alone.expect_text("state", "another tab")
