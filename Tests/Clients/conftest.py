"""After every test the process lives and nothing of the clients is left in it."""

import pytest

from server import eventually


@pytest.fixture(scope="session")
def idle(server):
    """Gauges and sockets of the server before any client came; the health request itself is one connection."""
    levels = {**server.gauges(), "sockets": server.descriptors()}
    yield levels
    left = leftovers(server, levels, feeds=0)
    assert not left, f"left behind in the end: {left}, before the tests: {levels}"


@pytest.fixture(autouse=True)
def nothing_left(server, idle):
    yield
    assert server.alive(), f"the server ended:\n{server.log()[-4000:]}"
    # A feed without subscribers keeps a timer for the quarter of a second after which it lets go: told in the end.
    if left := leftovers(server, idle):
        before = {name: idle.get(name, 0) for name in left}
        idle.update(left)  # told once; the tests that follow are judged by themselves
        pytest.fail(f"left behind: {left}, before the test: {before}")


def leftovers(server, idle, feeds=None):
    """What is above its level of the idle server twelve seconds later; empty as soon as nothing is."""
    left = {}

    def gone():
        report = server.health()
        now = {**server.gauges(report), "sockets": server.descriptors()}
        now["timers"] -= report["feeds"] if feeds is None else feeds
        left.clear()
        left.update({name: value for name, value in now.items() if value > idle.get(name, 0)})
        return not left

    eventually(gone, within=12, every=0.01)
    return left
