"""The log: what is said is found where and as it was said."""

from plume.wait import until

DAY = 24 * 3600 * 1000


def post(seq, name="bob", text=None, ts=None, **more):
    text = text or f"number {seq}"
    return {"type": 1, "user": {"name": name}, "text": text, "seq": seq, "ts": ts or seq, **more}


def now(browser):
    return browser.run("return Date.now()")


def test_history_is_marked_and_days_are_told(alone):
    alone.wait_for_code()
    alone.fill("code", "48291357")
    alone.answer_ticket()
    alone.expect_sent(2)
    today = now(alone)
    alone.hear(alone.ack(seq=3, people=2))
    alone.hear(*(post(i, ts=today - (4 - i) * DAY) for i in (1, 2, 3)), post(4, "ann", ts=today))
    lines = alone.run("return [...document.querySelectorAll('#log .line')].map((l) => l.textContent)")
    assert lines[0] == "Before you came in" and len(lines) == 5
    title = alone.run("return document.querySelector('#log time').title")
    assert str(alone.run("return new Date(arguments[0]).getFullYear()", today - 3 * DAY)) in title


def test_no_two_days_have_one_name(alone):
    alone.enter_room()
    today = now(alone)
    alone.hear(post(1, ts=today))
    assert alone.run("return document.querySelectorAll('#log .line').length") == 0
    alone.hear(post(2, ts=today - DAY), post(3, ts=today))
    alone.run(f"const now = Date.now, D = Date; Date = class extends D {{"
              f"constructor(...a) {{ super(...(a.length ? a : [now() + {DAY}])); }} }};"
              f"Date.now = () => now() + {DAY}")
    alone.hear(post(4, ts=today + DAY))
    lines = alone.run("return [...document.querySelectorAll('#log .line')].map((l) => l.textContent)")
    assert len(lines) == 3 and len(set(lines)) == 3


def test_one_name_for_what_one_speaker_says_in_a_row(alone):
    alone.enter_room()
    today = now(alone)
    alone.hear(post(1, ts=today), post(2, ts=today + 1), post(3, "cat", ts=today + 2))
    alone.hear(post(4, "cat", ts=today + 3, mark="z9"), post(5, "cat", ts=today + 4, mark="z9"))
    grouped = alone.run(
        "return [...document.querySelectorAll('#log .post')].map((p) => p.matches('.grouped'))"
    )
    assert grouped == [False, True, False, False, True], "another mark is another person"


def test_who_comes_and_goes_is_told_in_one_line(alone):
    alone.enter_room()
    for seq, name in enumerate(("bob", "cat", "dan", "eve", "fay"), 1):
        alone.hear(post(seq, name, "entered chat", event="entered", people=seq + 1))
    assert alone.events() == ["bob, cat and 3 others entered"]
    assert alone.text("here") == "6 here"
    alone.hear(post(6, "eve", "left chat", event="left", people=5))
    assert alone.events() == ["bob, cat and 2 others entered, eve left"]
    alone.hear(post(7), post(8, "fay", "left chat", event="left", people=4))
    assert alone.events()[1:] == ["fay left"]


def test_what_is_missing_is_told(alone):
    alone.enter_room()
    alone.hear(post(1), post(5))
    assert "Some messages are missing here." in alone.text("log")
    alone.run("room.close()")
    alone.expect_sent(6)
    alone.hear(alone.ack(seq=90, **{"from": 60}))
    assert alone.text("log").count("Some messages are missing here.") == 2


def test_a_post_is_pending_then_there_or_failed_and_tried_again(alone):
    alone.enter_room()
    alone.say("hello")
    said = alone.expect_sent(1)
    assert alone.run("return document.querySelectorAll('#log .pending').length") == 1
    alone.hear(post(1, "ann", "hello", id=said["id"]))
    assert alone.posts() == [("ann", "hello")]
    alone.say("and more")
    until(lambda: len(alone.sent(1)) == 2, "the second post was sent")
    alone.hear({"type": 8, "id": alone.sent(1)[1]["id"], "reason": "too-fast", "text": "Too fast."})
    alone.screenshot("post-failed")
    assert "Not sent: Too fast." in alone.text("composer-error")
    alone.run("document.querySelector('#log .failed button').click()")
    until(lambda: len(alone.sent(1)) == 3, "it was sent again")
    alone.hear({"type": 8, "id": alone.sent(1)[2]["id"], "reason": "bad-text", "text": "No."})
    alone.run("document.querySelectorAll('#log .failed button')[1].click()")
    assert alone.find("composer").get_attribute("value") == "and more"
    assert alone.run("return document.querySelectorAll('#log .failed').length") == 0


def test_posts_and_drafts_survive_reload_and_loss(alone):
    alone.enter_room()
    alone.run("room.answers = false; room.close()")
    alone.say("said offline")
    alone.find("composer").send_keys("a draft")
    assert "connection was lost" in alone.text("state")
    assert "Reconnecting" in alone.text("countdown")
    alone.screenshot("reconnecting")
    alone.reload()
    alone.expect_step("chat")
    assert alone.find("composer").get_attribute("value") == "a draft"
    assert "said offline" in alone.text("log")
    alone.expect_sent(6)
    alone.hear(alone.ack(seq=0))
    assert alone.expect_sent(1)["text"] == "said offline"


def scrolled_up(alone, posts=60):
    alone.enter_room()
    alone.hear(*(post(i) for i in range(1, posts + 1)))
    log = "const log = document.getElementById('log');"
    at_end = f"{log} return log.scrollHeight - log.scrollTop - log.clientHeight < 5"
    until(lambda: alone.run(at_end), "the newest post is in view")
    alone.driver.execute_async_script(
        f"""{log}
        log.addEventListener("scroll", () => requestAnimationFrame(arguments[0]), {{once: true}});
        log.scrollTop = 200;"""
    )
    return at_end


def test_who_reads_what_was_is_left_in_peace(alone):
    at_end = scrolled_up(alone)
    for i in range(61, 73):
        alone.hear(post(i))
    alone.expect_text("newer", "12 new")
    assert alone.driver.title == "(12) Plume"
    assert not alone.run(at_end)
    assert alone.run("return document.querySelector('.unread').nextElementSibling.dataset.seq") == "61"
    alone.screenshot("unread")
    alone.find("newer").click()
    until(lambda: alone.run(at_end) and alone.driver.title == "Plume", "all was read")
    assert not alone.shown("newer")


def test_what_was_said_while_away_is_marked_and_counted(alone):
    scrolled_up(alone)
    alone.run("room.close()")
    alone.expect_sent(6)
    alone.hear(alone.ack(seq=63, **{"from": 61}), *(post(i) for i in (61, 62, 63)))
    alone.expect_text("newer", "3 new")
    assert alone.driver.title == "(3) Plume"
    unread = "return document.querySelector('.unread')?.nextElementSibling.dataset.seq"
    assert alone.run(unread) == "61"
    alone.reload()
    alone.expect_sent(6)
    alone.hear(alone.ack(seq=66, **{"from": 14}), *(post(i) for i in range(14, 65)))
    alone.driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    alone.hear(post(65), post(66))
    until(lambda: alone.driver.title == "Plume", "who is there has seen it")
    assert alone.run(unread) == "64" and not alone.shown("newer")


def test_in_a_busy_room_one_can_scroll_up(alone):
    """However many posts come in one picture."""
    at_end = scrolled_up(alone)
    alone.say("and down again")
    until(lambda: alone.run(at_end), "the newest post is in view")
    in_every_picture = """
        const [post, done] = arguments;
        const log = document.getElementById("log");
        const next = (n) => {
            room.hear({...post, seq: post.seq + n});
            if (n === 5) log.scrollTop -= 300;
            if (n < 30) requestAnimationFrame(() => next(n + 1));
            else done(log.scrollHeight - log.scrollTop - log.clientHeight);
        };
        next(1);
    """
    assert alone.driver.execute_async_script(in_every_picture, post(60)) > 300


def test_a_post_of_ones_own_goes_to_the_end(alone):
    at_end = scrolled_up(alone)
    alone.say("here I am")
    until(lambda: alone.run(at_end), "the own post is in view")


def test_the_answer_to_a_command_is_in_view(alone):
    at_end = scrolled_up(alone)
    alone.hear({"type": 1, "user": {"name": "plumebot"}, "text": "Not asked for."})
    assert not alone.run(at_end), "who reads what was is left in peace"
    alone.say("/help")
    until(lambda: alone.run(at_end), "the answer is in view")


def test_only_what_is_new_is_read_aloud(alone):
    alone.wait_for_code()
    alone.fill("code", "48291357")
    alone.answer_ticket()
    alone.expect_sent(2)
    alone.hear(alone.ack(seq=2), post(1))
    live = "return document.getElementById('log').getAttribute('aria-live')"
    assert alone.run(live) == "off"
    alone.hear(post(2), post(3, "eve", "entered chat", event="entered"))
    assert alone.run(live) == "polite"
    assert alone.run("return document.querySelector('.event').getAttribute('aria-live')") == "off"


def test_a_busy_room_does_not_flood_a_screen_reader(alone):
    alone.enter_room()
    live = "return document.getElementById('log').getAttribute('aria-live')"
    alone.hear(*(post(i) for i in range(1, 6)))
    assert alone.run(live) == "polite"
    alone.hear(*(post(i) for i in range(6, 40)))
    assert alone.run(live) == "off" and alone.text("heard") == "30 new messages"
    later = "const now = Date.now(); Date.now = () => now + 60000"
    alone.run(later)
    alone.hear(post(40))
    assert alone.run(live) == "polite" and alone.text("heard") == ""


def test_the_room_says_what_happens_to_the_connection(alone):
    alone.enter_room()
    alone.hear({"type": 10, "notice": "bus-lost"})
    assert "out of reach" in alone.text("state")
    alone.say("patience")
    assert alone.sent(1) == []
    alone.hear({"type": 10, "notice": "bus-back"})
    assert alone.text("state") == "" and alone.expect_sent(1)["text"] == "patience"
    alone.run("room.answers = false")
    alone.hear({"type": 10, "notice": "moving", "retry_in": 4000})
    assert "Going to another" in alone.text("state")
    assert "Reconnecting in" in alone.text("countdown")
    alone.run("room.answers = true; [...document.querySelectorAll('#connection button')][0].click()")
    alone.expect_sent(6)
    alone.hear(alone.ack(seq=0))
    assert alone.text("state") == ""
    alone.run("room.answers = false; room.close(1012, 'restarted')")
    assert alone.text("state") == "The room is restarting."
    nag = "const e = new Event('beforeunload', {cancelable: true}); return dispatchEvent(e)"
    assert alone.run(nag), "nobody is held back"


def test_who_looks_again_finds_out_whether_the_connection_lives(alone):
    alone.enter_room()
    asked = len(alone.sent(11))
    alone.run("document.dispatchEvent(new Event('visibilitychange'))")
    until(lambda: len(alone.sent(11)) == asked + 1, "the room is asked something")


def test_without_network_the_page_says_so_and_comes_back_with_it(alone):
    alone.enter_room()
    alone.network(False)
    alone.run("room.answers = false; room.close()")
    alone.expect_text("state", "This device is offline.")
    alone.say("said offline")
    assert alone.sent(1) == [] and alone.sent(6) == []
    alone.run("room.answers = true")
    alone.network(True)
    alone.expect_sent(6)
    alone.hear(alone.ack(seq=0))
    assert alone.expect_sent(1)["text"] == "said offline" and alone.text("state") == ""


def test_what_somebody_does_is_read_beside_a_long_name_too(alone):
    alone.window(360, 680)
    alone.enter_room()
    alone.hear(post(1, "a.very.long.name.of.32.letters.xy", "/me waves at everybody in the room"))
    width = "return document.querySelector('#log .does .text').getBoundingClientRect().width"
    assert alone.run(width) > 125


def test_a_pending_post_looks_like_the_one_it_becomes(alone):
    alone.enter_room()
    alone.say("hello")
    drawing = "return document.querySelector('#log .post path').getAttribute('d')"
    pending = alone.run(drawing)
    alone.hear(post(1, "ann", "hello", id=alone.expect_sent(1)["id"], mark="a1"))
    assert alone.posts() == [("ann", "hello")] and alone.run(drawing) == pending
