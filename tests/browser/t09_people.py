"""Who is here: names, drawings, count."""

from plume.wait import until


def people(browser):
    return browser.run("return [...document.querySelectorAll('#people li')].map((l) => l.textContent)")


def test_the_list_is_asked_for_page_by_page_and_kept(alone):
    alone.wait_for_code()
    alone.fill("code", "48291357")
    alone.answer_ticket()
    alone.expect_sent(2)
    alone.hear(alone.ack(people=3))
    assert alone.text("here") == "3 here"
    assert "after" not in alone.expect_sent(11)
    alone.hear({"type": 12, "people": [{"name": "ann", "mark": "a1"}], "more": True})
    until(lambda: alone.sent(11)[-1].get("after") == "ann", "the next part is asked for")
    alone.hear({"type": 12, "people": [{"name": "bob", "mark": "b2"}], "more": False})
    if not alone.shown("people"):
        alone.find("here").click()
    assert people(alone) == ["ann (you)", "bob"] and alone.text("here") == "2 here"
    come = {"type": 1, "user": {"name": "cat"}, "seq": 1, "ts": 1, "mark": "c3", "people": 3}
    alone.hear({**come, "event": "entered"})
    assert people(alone) == ["ann (you)", "bob", "cat"] and alone.text("here") == "3 here"
    alone.hear({**come, "seq": 2, "event": "left", "people": 2})
    assert people(alone) == ["ann (you)", "bob"]


def test_a_look_alike_is_seen_to_be_somebody_else(alone):
    alone.enter_room(people=[{"name": "linus", "mark": "5d1f"}, {"name": "Iinus", "mark": "77c0"}])
    drawings = "return [...document.querySelectorAll('#people path')].map((p) => p.getAttribute('d'))"
    other, one = alone.run(drawings)
    assert one and other and one != other
    said = {"type": 1, "user": {"name": "linus"}, "text": "hi", "seq": 1, "ts": 1, "mark": "5d1f"}
    alone.hear(said)
    assert alone.run("return document.querySelector('#log path').getAttribute('d')") == one


def test_the_panel_opens_and_closes(alone):
    alone.window(500, 800)
    alone.enter_room()
    assert not alone.shown("people")
    for expanded in ("true", "false"):
        alone.find("here").click()
        assert alone.find("here").get_attribute("aria-expanded") == expanded
        assert alone.shown("people") == (expanded == "true")
    alone.window(1280, 800)
    alone.reload()
    alone.expect_sent(6)
    alone.hear(alone.ack(seq=0), {"type": 12, "people": [{"name": "ann", "mark": "a1"}]})
    until(lambda: alone.shown("people"), "where there is room the list is there")


def test_the_panel_is_open_at_the_first_login_too(alone):
    alone.window(1280, 800)
    alone.wait_for_code()
    alone.fill("code", "48291357")
    alone.answer_ticket()
    alone.expect_sent(2)
    entered = {"type": 1, "event": "entered", "user": {"name": "ann"}, "seq": 1, "ts": 1, "mark": "a1"}
    alone.hear(alone.ack(people=1), {**entered, "people": 1})
    alone.hear({"type": 12, "people": [{"name": "ann", "mark": "a1"}], "more": False})
    until(lambda: alone.shown("people"), "where there is room the list is there")


def test_a_thousand_people_are_told_in_short(alone):
    alone.enter_room(people=[{"name": f"p{i:04}", "mark": f"{i}"} for i in range(1000)])
    assert len(people(alone)) == 301 and people(alone)[-1] == "and 700 more"
