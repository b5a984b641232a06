"""Presence: members counted right over every transport, over polls, tabs, reconnects and clients that vanish."""

import contextlib
import json
import random
import socket
import struct
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from server import Server, eventually

LINGER = 3.0  # seconds
GRACE = 5.0


@pytest.fixture(scope="module")
def short():
    """A server whose members leave soon."""
    flags = ["--presence-linger", f"{int(LINGER * 1000)}ms", "--presence-grace", f"{int(GRACE * 1000)}ms",
             "--presence-members", "5", "--poll-hold", "5s"]
    with Server(flags=flags) as running:
        before = running.gauges()
        yield running
        left = {}

        def gone():
            now = running.gauges()
            left.update({name: now[name] for name in ("timers", "waiters", "connections")})
            return all(now[name] <= before[name] for name in left)

        assert eventually(gone, within=15), (left, before)


class Room:
    """One room of the chat and what the server tells of it."""

    def __init__(self, server, name):
        self.server = server
        self.name = name

    def url(self, **query):
        return self.server.url(f"/chat/rooms/{self.name}?{urllib.parse.urlencode(query)}")

    def get(self, timeout=30, **query):
        with urllib.request.urlopen(self.url(**query), timeout=timeout) as answer:
            return json.load(answer)

    def list(self):
        return self.get(presence="")

    def members(self):
        return {member["user"]: member["connections"] for member in self.list()["members"]}

    def told(self):
        """All that has been told of members, in order."""
        messages = self.get(cursor="oldest", hold=0)["messages"]
        return [(message["event"].removeprefix("presence."), message["data"]["user"], message["data"]["members"])
                for message in messages if message.get("event", "").startswith("presence.")]

    def socket(self, user, **options):
        address = self.url(user=user).replace("http:", "ws:")
        return connect(address, close_timeout=5, ping_interval=None, **options)

    def stream(self, user, **query):
        """An open answer of any kind, read as far as its head; close it to vanish."""
        open_ = socket.create_connection((self.server.host, self.server.port), timeout=10)
        target = self.url(user=user, **query).split("/", 3)[3]
        open_.sendall(f"GET /{target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        if "hold" not in query:
            assert open_.recv(1 << 16).startswith(b"HTTP/1.1 200 ")
        return open_

    def becomes(self, members, within=15):
        assert eventually(lambda: self.members() == members, within=within), (self.members(), members)


@pytest.fixture
def room(short, channel):
    return Room(short, channel)


def test_tabs_of_one_user_are_one_member(room):
    with room.socket("ada") as first, room.socket("ada"), room.socket("bob"):
        room.becomes({"ada": 2, "bob": 1})
        first.close()
        room.becomes({"ada": 1, "bob": 1})
        assert room.told() == [("join", "ada", 1), ("join", "bob", 2)]
    room.becomes({})
    assert sorted(room.told()[2:]) in ([("leave", "ada", 0), ("leave", "bob", 1)],
                                       [("leave", "ada", 1), ("leave", "bob", 0)])
    assert room.list()["count"] == 0


@pytest.mark.parametrize("query", [
    {"transport": "sse"}, {"transport": "sse", "format": "frames"}, {"transport": "stream"}, {"hold": 5},
    {"hold": 5, "callback": "cb"},
], ids=["sse", "sse frames", "stream", "poll", "jsonp"])
def test_every_transport_counts(room, query):
    # From the second poll on: the first one is answered with the client's own coming.
    cursor = {"cursor": room.get(hold=0, user="ada")["cursor"]} if "hold" in query else {}
    one = room.stream("ada", **query, **cursor)
    room.becomes({"ada": 1})
    with room.socket("ada", subprotocols=["halley.v1"]):
        room.becomes({"ada": 2})
    room.becomes({"ada": 1})
    # Gone without a word.
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    one.close()
    room.becomes({})
    assert room.told() == [("join", "ada", 1), ("leave", "ada", 0)]


def test_events_reach_subscribers(room):
    with room.socket("ada", subprotocols=["halley.v1"]) as one:
        one.send('{"type":"hello"}')
        assert json.loads(one.recv(timeout=10))["type"] == "welcome"
        with room.socket("b\"o<b>"):
            frame = json.loads(one.recv(timeout=10))
            assert (frame["event"], frame["data"]) == ("presence.join", {"user": "b\"o<b>", "members": 2})
            listed = room.list()
            assert listed["cursor"] == frame["id"]
        frame = json.loads(one.recv(timeout=10))
        assert (frame["event"], frame["data"]) == ("presence.leave", {"user": "b\"o<b>", "members": 1})


def test_a_polling_client_stays_between_its_polls(room):
    """Short polls, each well within the grace: one join, and one leave after the last."""
    end = time.monotonic() + 1.3 * GRACE
    cursor = room.get(hold=0, user="ada")["cursor"]
    while time.monotonic() < end:
        answer = room.get(hold=0, user="ada", cursor=cursor)
        cursor = answer["cursor"]
        assert room.members() == {"ada": 1}
        time.sleep(0.05)
    assert room.told() == [("join", "ada", 1)]
    room.becomes({})
    assert room.told() == [("join", "ada", 1), ("leave", "ada", 0)]


def test_a_reconnect_is_neither_leave_nor_join(room):
    for _ in range(8):
        with room.socket("ada"):
            assert room.members() == {"ada": 1}
    room.stream("ada", transport="sse").close()
    assert room.members() == {"ada": 1}
    assert room.told() == [("join", "ada", 1)]
    room.becomes({})
    assert len(room.told()) == 2


def test_a_full_room_refuses_new_members_alone(room):
    with contextlib.ExitStack() as open_:
        for number in range(5):
            open_.enter_context(room.socket(f"u{number}"))
        with pytest.raises(urllib.error.HTTPError) as refusal:
            room.get(user="late", hold=0)
        assert refusal.value.code == 503
        assert json.load(refusal.value) == {"error": "presence_full", "retry": 30_000}
        for query in ({"transport": "sse"}, {"transport": "sse", "hold": 0}, {"transport": "stream"}):
            # An event source that gets an error would not come back.
            with urllib.request.urlopen(room.url(user="late", **query), timeout=10) as answer:
                assert '{"type":"move","reason":"overload","retry":30000}' in answer.read().decode()
        with pytest.raises(InvalidStatus) as refusal, room.socket("late"):
            pass
        assert refusal.value.response.status_code == 503
        with room.socket("u0"):
            assert room.members()["u0"] == 2
        room.get(hold=0)  # who says no name is not counted, and not refused
        assert room.list()["count"] == 5
    assert eventually(lambda: room.list()["count"] == 0, within=15)
    room.get(hold=0, user="late")
    assert room.members() == {"late": 1}


def test_names(room):
    for user in ("", None):
        room.get(hold=0, **({} if user is None else {"user": user}))
    assert room.list() == {"members": [], "count": 0, "cursor": room.list()["cursor"]}
    with pytest.raises(urllib.error.HTTPError) as refusal:
        room.get(hold=0, user="x" * 129)
    assert refusal.value.code == 400
    strange = ["x" * 128, "\"</script>", "\u2028\x01\r\n\\", "彗星"]
    for user in strange:
        room.get(hold=0, user=user)
    assert set(room.members()) == set(strange)


def test_in_the_end_nobody_is_there(room):
    """Many clients of three users come and go in every way at once; afterwards exactly none is left."""
    def client(seed):
        dice = random.Random(seed)
        for _ in range(12):
            user = f"u{dice.randrange(3)}"
            kind = dice.randrange(4)
            if kind == 0:
                with room.socket(user):
                    pass
            elif kind == 1:
                room.get(hold=0, user=user)
            else:
                open_ = room.stream(user, transport=dice.choice(["sse", "stream"]))
                if kind == 2:
                    open_.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                open_.close()

    threads = [threading.Thread(target=client, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    room.becomes({})
    present = set()
    for event, user, count in room.told():
        (present.add if event == "join" else present.remove)(user)
        assert count == len(present)
    assert not present


def test_members_between_polls_keep_no_room_alive():
    """Clients choose the rooms: those that only pollers have been to give way to new ones."""
    with Server(flags=["--limits-channels", "4", "--threads", "1"]) as server:
        def enters(number):
            try:
                return Room(server, f"room-{number}").get(hold=0, user="ada")["resume"] == "new"
            except urllib.error.HTTPError as refusal:
                assert refusal.code == 503
                return False

        # A room gives way a moment after its last request, and the search for one is made once a second.
        for number in range(10):
            assert eventually(lambda: enters(number), within=10), number
