"""What the tests with other people's clients and those in the browser share: one running server."""

import itertools
import os

import pytest

from server import Server

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server():
    """The server most tests share."""
    with Server() as running:
        yield running
        assert running.alive(), f"the server ended during the tests:\n{running.log()[-4000:]}"


@pytest.fixture
def channel():
    """A channel name of the hub that no other test uses."""
    return f"test-{os.getpid()}-{next(_numbers)}"
