"""The broker dies in front of each write, sync and send of its commit path; nothing accepted is lost.

A post is a handful of calls: the journal's frames and its index, in full mode a sync, then the events
and the answer. The numbers below go through them and somewhat beyond.
"""

import pytest
from plume import process
from plume.client import FaithfulClient
from plume.wait import until

STEPS = [
    *(("pwrite", n) for n in range(1, 9)),
    *(("sync", n) for n in range(1, 4)),
    *(("send", n) for n in range(1, 7)),
]
MOST = 100  # posts until one meets its step


@pytest.mark.parametrize(("call", "number"), STEPS)
def test_killed_before(system, call, number):
    arm = system.directory / "arm"
    env = process.killed_before(call, number, arm)
    options = {"sync": "full" if call == "sync" else "normal"}
    plume = system.start(broker={"env": env, **options}, gateway={"posts_per_second": 0})
    ann = plume.join("ann", kind=FaithfulClient)
    bob = plume.join("bob", kind=FaithfulClient)
    ann.say("before")
    bob.expect_text("ann", "before")
    ann.expect_answered()

    arm.touch()
    said = []
    while plume.broker.exit_code is None:  # one after the other, until one meets its step
        said.append(ann.say(f"number {len(said)}"))
        until(lambda: not ann.outbox or plume.broker.exit_code is not None, "an answer or the end")
        assert len(said) < MOST, f"no {call} in {MOST} posts"
    plume.broker.expect_killed()
    accepted = dict(ann.accepted)
    plume.start_broker(**options).wait_ready()
    ann.expect_answered()
    for n in range(len(said)):
        bob.expect_text("ann", f"number {n}")
    bob.settle()
    ann.settle()

    assert set(said) <= set(ann.accepted) and not ann.refused
    assert all(ann.accepted[id] == seq for id, seq in accepted.items())  # never renumbered
    numbered = [post for post in ann.posts if post[2].startswith("number")]
    assert [text for _, _, text in numbered] == [f"number {n}" for n in range(len(said))]
    assert numbered == [post for post in bob.posts if post[2].startswith("number")]
    assert ann.epoch == bob.epoch
