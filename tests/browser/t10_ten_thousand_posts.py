"""A long evening: ten thousand posts, and the page is as it was with ten."""

import statistics

from plume.wait import until

MANY = """
    const [from, count] = arguments;
    const began = performance.now();
    for (let i = from; i < from + count; i++)
        room.hear({type: 1, user: {name: `p${i % 9}`}, mark: `m${i % 9}`, seq: i, ts: i * 20000,
            text: `number ${i} ` + (i % 7 ? "so it goes ".repeat(i % 5) : `https://a.example/${i}`)});
    return (performance.now() - began) / count;
"""
# How much the browser has to do for one more: the page's own work, style and layout.
ONE = """
    const [i] = arguments;
    const log = document.getElementById("log");
    const began = performance.now();
    room.hear({type: 1, user: {name: "p1"}, mark: "m1", text: `one ${i}`, seq: i, ts: i * 20000});
    log.scrollTop = log.scrollHeight;
    return performance.now() - began;
"""
AT_END = """
    const log = document.getElementById("log");
    return log.scrollHeight - log.scrollTop - log.clientHeight < 5;
"""


def test_the_ten_thousandth_post_costs_what_the_hundredth_did(alone):
    alone.enter_room()

    def ones(after):
        return statistics.median(alone.run(ONE, after + i) for i in range(1, 10))

    alone.run(MANY, 1, 300)
    early = ones(300)
    each = alone.run(MANY, 310, 9700)
    until(lambda: alone.run(AT_END), "the newest is in view")
    late = ones(10010)
    kept = alone.run("return document.querySelectorAll('#log .post').length")
    heap = alone.cdp("Runtime.getHeapUsage")
    print(f"one of 300: {early:.2f} ms, one of 10,000: {late:.2f} ms, each in a row {each:.2f} ms;"
          f" {heap['usedSize'] / 1e6:.0f} MB of objects, {heap.get('embedderHeapUsedSize', 0) / 1e6:.0f} MB"
          f" of page")
    assert 9500 <= kept <= 10200
    alone.run(MANY, 10020, 1500)
    assert alone.run("return document.querySelectorAll('#log .post').length") <= 10200, "bounded"
    assert alone.run("""
        const laid = [...document.querySelectorAll("#log .block")].filter((b) => b.matches(".old"));
        return laid.length > 95 && laid.every((b) => getComputedStyle(b).contentVisibility === "auto");
    """), "what is out of sight is not laid out"
    alone.run("document.getElementById('log').scrollTop = 0")
    until(lambda: not alone.run(AT_END), "one can go back")
    alone.say("and still here")
    until(lambda: alone.run(AT_END), "and forward")
    alone.screenshot("ten-thousand")
