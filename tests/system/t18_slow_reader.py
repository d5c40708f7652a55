"""Who reads too slowly is let go, and nobody else is delayed."""

BIG = "x" * 60_000
POSTS = 800  # 48 MB: more than any buffer on the way should hold


def test_slow_reader_is_closed_and_others_are_not(system):
    plume = system.start(
        broker={"history": 2000}, gateway={"posts_per_second": 0, "log_level": "info"}
    )
    slow = plume.join("slow")
    ann, bob = plume.join("ann"), plume.join("bob")
    slow.settle()
    slow.deafen()
    for number in range(POSTS):
        ann.expect_own(ann.say(f"{number} {BIG}"))
    bob.expect_text("ann", f"{POSTS - 1} {BIG}")

    slow.listen_again()
    code, reason = slow.expect_closed(deadline=60)
    assert code in (1006, 1013), (code, reason)  # 1006: the farewell itself did not get through

    slow.connect(plume.gateways[0].url)
    slow.resume()
    slow.expect_in(resumed=True)
    slow.expect_text("ann", f"{POSTS - 1} {BIG}", deadline=60)
    heard = [int(text.split()[0]) for _, text in slow.texts("ann") if text.endswith(BIG)]
    assert heard == list(range(POSTS))
