"""Two gateways: one room, one order."""

import threading

from plume.system import free_port


def test_all_see_the_same_order_at_both_gateways(system):
    plume = system.start(gateways=2, gateway={"posts_per_second": 0})
    people = [plume.join(f"p{number}", at=number % 2) for number in range(6)]
    for one in people:
        one.settle()
    start = max(one.seq for one in people)

    talk(people, posts=20)

    first, *others = [one.posts_after(start) for one in people]
    for other in others:
        assert common(other, first) == common(first, other)
    words = [text for _, _, text in first if text.startswith("word")]
    assert len(words) == len(set(words)) == 6 * 20
    for one in people:  # each person's posts are in the order of saying
        mine = [text for _, name, text in first if name == one.name and text.startswith("word")]
        assert mine == [f"word {number} of {one.name}" for number in range(20)]


def talk(people, posts):
    """All at once; everybody has heard everybody when this returns."""

    def chatter(one):
        for number in range(posts):
            one.say(f"word {number} of {one.name}")

    threads = [threading.Thread(target=chatter, args=(one,)) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for listener in people:
        for speaker in people:
            listener.expect_text(speaker.name, f"word {posts - 1} of {speaker.name}")


def common(posts, others):
    last = min(posts[-1][0], others[-1][0])
    return [post for post in posts if post[0] <= last]


def test_two_gateways_share_one_port(system):
    port = free_port()
    plume = system.start(gateways=2, gateway={"listen": f"127.0.0.1:{port}"})
    assert [gateway.port for gateway in plume.gateways] == [port, port]
    ann = plume.join("ann")
    bob = plume.join("bob")
    ann.say("hi")
    bob.expect_text("ann", "hi")

    plume.gateways[0].drain()
    carl = plume.join("carl", at=1)
    carl.expect_own(carl.say("still here"))
