"""halley.js against a scripted server: what it makes of every answer, the good and the bad ones."""

import json
import time
import urllib.request
from datetime import datetime, timedelta, timezone

import pytest

from scripted import Cut, Scripted
from server import eventually

EPOCH = "AAAAAAAA"
NOON = datetime(2030, 6, 1, 12, tzinfo=timezone.utc)
# A heartbeat, milliseconds, that no test waits for.
AGES = 10_000_000
# In the page: a feed, and all that it says.
OPEN = """([options, name, url]) => {
  const feed = window[name] = new Halley(url, options);
  const log = feed.log = { messages: [], data: [], states: [], resets: [], words: [] };
  feed.on("message", (message) => (log.messages.push(message.id), log.data.push(message.data)));
  feed.on("state", (state) => (log.states.push(state), log.words.push(state.reason)));
  feed.on("reset", (reset) => log.resets.push(reset));
}"""


@pytest.fixture(scope="session")
def client(server):
    with urllib.request.urlopen(server.url("/_halley/halley.js"), timeout=10) as answer:
        return answer.read().decode()


@pytest.fixture
def scripted():
    running = Scripted()
    yield running
    running.stop()


@pytest.fixture
def visit(browser, scripted, client):
    """visit(clock=False): a page of the scripted server that has the client; with a clock its time stands still but for
    what the test lets pass."""
    contexts, errors = [], []

    def visit(clock=False, context=None):
        context = context or browser.new_context()
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        if clock:
            page.clock.install(time=NOON)
        page.add_init_script(client)
        page.goto(scripted.origin + "/")
        if clock:
            page.clock.pause_at(NOON + timedelta(hours=1))
        return page

    yield visit
    for context in contexts:
        context.close()
    assert not errors, errors


def feed(page, name="feed", url="/feed", **options):
    page.evaluate(OPEN, [{"share": False, **options}, name, url])


def log(page, what="messages", name="feed"):
    return given(page.evaluate(f"{name}.log.{what}"))


def given(value):
    """Without the members that are undefined."""
    if isinstance(value, dict):
        return {name: inner for name, inner in value.items() if inner is not None}
    return [given(inner) for inner in value] if isinstance(value, list) else value


def wait(page, condition):
    page.wait_for_function(condition)


def pass_time(page, until):
    """Lets the time pass while the feed waits for its next attempt, until a condition of the page or of the test."""
    end = time.monotonic() + 60
    while not (until() if callable(until) else page.evaluate(until)):
        assert time.monotonic() < end, until
        if page.evaluate("feed.state.state") == "waiting":
            page.clock.run_for(250)
        else:
            time.sleep(0.01)


def message(offset, **more):
    return {"id": f"{EPOCH}-{offset}", "data": offset, **more}


def welcome(offset, resume="current", **more):
    return {"type": "welcome", "resume": resume, "cursor": f"{EPOCH}-{offset}", "heartbeat": 15_000, **more}


async def opened(request, peer, *frames):
    """Begins with these frames on any transport that stays open."""
    kinds = {"sse": "text/event-stream", "stream": "application/x-ndjson"}
    line = await (peer.accept() if request.transport == "websocket" else peer.stream(kinds[request.transport]))
    for frame in frames:
        await line.frame(**frame)
    return line


OPEN_ENDED = ["websocket", "sse", "stream"]
EVERY = [*OPEN_ENDED, "poll", "jsonp"]


def callback(request):
    return request.query.get("callback")


# --- messages ---

@pytest.mark.parametrize("transport", EVERY)
def test_duplicates_are_dropped(visit, scripted, transport):
    """A server that repeats, and that answers from before the cursor, on every transport."""
    async def script(request, peer):
        if transport in OPEN_ENDED:
            line = await opened(request, peer, welcome(1))
            for offset in (1, 2, 2, 1, 3, 3, 2, 4):
                await line.frame(type="message", **message(offset))
            await line.gone()
        elif len(scripted.requests) == 1:
            await peer.poll(f"{EPOCH}-2", message(1), message(2), message(2), callback=callback(request))
        elif len(scripted.requests) == 2:
            await peer.poll(f"{EPOCH}-4", message(1), message(3), message(4), callback=callback(request))
        else:
            await peer.gone()

    scripted.script = script
    page = visit()
    feed(page, transports=transport)
    wait(page, "feed.log.messages.at(-1) === 'AAAAAAAA-4'")
    first = 2 if transport in OPEN_ENDED else 1
    assert log(page, "data") == list(range(first, 5))
    assert page.evaluate("feed.cursor") == f"{EPOCH}-4"
    assert page.evaluate("feed.stats.duplicates") > 0


@pytest.mark.parametrize("transport", OPEN_ENDED)
def test_a_cut_connection_resumes(visit, scripted, transport):
    """Cut in the middle of a message: the next request says what is complete, and nothing is lost."""
    async def script(request, peer):
        if len(scripted.requests) == 1:
            line = await opened(request, peer, welcome(7, "new"))
            await line.frame(type="message", **message(8))
            await arrived()
            await peer.write(b'\x81\x20{"type":"message"' if transport == "websocket" else 'data: {"type":"mes')
            peer.cut()
        else:
            line = await opened(request, peer, welcome(8, "resumed", replay=1))
            await line.frame(type="message", **message(9))
            await line.gone()

    arrived, go_on = scripted.event()
    scripted.script = script
    page = visit()
    feed(page, transports=transport, start="latest")
    wait(page, "feed.log.messages.length === 1")
    go_on()
    wait(page, "feed.log.messages.length === 2")
    assert log(page, "data") == [8, 9]
    assert [request.cursor for request in scripted.requests] == ["latest", f"{EPOCH}-8"]
    states = [state["state"] for state in log(page, "states")]
    assert states == ["connecting", "live", "waiting", "connecting", "live"]


@pytest.mark.parametrize("transport", ["poll", "jsonp"])
def test_a_lost_answer_is_asked_for_again(visit, scripted, transport):
    async def script(request, peer):
        count = len(scripted.requests)
        if count == 1:
            assert request.query["hold"] == "0"
            await peer.poll(f"{EPOCH}-3", resume="new", callback=callback(request))
        elif count == 2:
            # The message is on its way and never arrives.
            await peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nContent-Type: application/json\r\n\r\n/**/")
            peer.cut()
        elif count == 3:
            await peer.poll(f"{EPOCH}-4", message(4), resume="resumed", callback=callback(request))
        else:
            await peer.gone()

    scripted.script = script
    page = visit()
    feed(page, transports=transport)
    wait(page, "feed.log.messages.length === 1")
    assert eventually(lambda: len(scripted.requests) >= 4)
    assert [request.cursor for request in scripted.requests[1:4]] == [f"{EPOCH}-3", f"{EPOCH}-3", f"{EPOCH}-4"]


def test_a_vector_cursor(visit, scripted):
    """Several channels: each has its own place, and the frames' cursor is what is asked with."""
    begin = "AAAAAAAA-5.BBBBBBBB-7"

    async def script(request, peer):
        socket = await peer.accept()
        if len(scripted.requests) == 1:
            await socket.frame(type="welcome", resume="new", cursor=begin, replay=0, heartbeat=15_000)
            for epoch, offset, cursor in (("BBBBBBBB", 8, "AAAAAAAA-5.BBBBBBBB-8"), ("AAAAAAAA", 6, "AAAAAAAA-6.BBBBBBBB-8"),
                                          ("BBBBBBBB", 8, "AAAAAAAA-6.BBBBBBBB-8"), ("AAAAAAAA", 5, begin),
                                          ("BBBBBBBB", 9, "AAAAAAAA-6.BBBBBBBB-9")):
                await socket.frame(
                    type="message", id=f"{epoch}-{offset}", data=offset, channel=epoch[0].lower(), cursor=cursor)
            await socket.close(1001)
        else:
            await socket.frame(type="reset", reason="expired", cursor="AAAAAAAA-40.BBBBBBBB-9", channels=["a"],
                               heartbeat=15_000)
            await socket.frame(type="message", id="AAAAAAAA-41", data=41, channel="a", cursor="AAAAAAAA-41.BBBBBBBB-9")
            await socket.frame(type="message", id="BBBBBBBB-9", data=9, channel="b", cursor="AAAAAAAA-41.BBBBBBBB-9")
            await socket.frame(type="message", id="BBBBBBBB-10", data=10, channel="b", cursor="AAAAAAAA-41.BBBBBBBB-10")
            await socket.gone()

    scripted.script = script
    page = visit()
    feed(page, transports="websocket")
    wait(page, "feed.log.messages.at(-1) === 'BBBBBBBB-10'")
    assert log(page) == ["BBBBBBBB-8", "AAAAAAAA-6", "BBBBBBBB-9", "AAAAAAAA-41", "BBBBBBBB-10"]
    assert scripted.requests[1].cursor == "AAAAAAAA-6.BBBBBBBB-9"
    assert log(page, "resets") == [
        {"reason": "expired", "channels": ["a"], "cursor": "AAAAAAAA-40.BBBBBBBB-9"}]


@pytest.mark.parametrize("transport", EVERY)
def test_a_reset_replaces_the_cursor(visit, scripted, transport):
    """Below the old place or in another epoch: what was known before counts no more."""
    fresh = "ZZZZZZZZ-2"

    async def script(request, peer):
        if transport in OPEN_ENDED:
            if len(scripted.requests) == 1:
                line = await opened(
                    request, peer, {"type": "reset", "reason": "epoch", "cursor": fresh, "heartbeat": 15_000})
                await line.frame(type="message", id="ZZZZZZZZ-3", data=3)
                peer.writer.close()
            else:
                line = await opened(request, peer, {**welcome(0), "cursor": "ZZZZZZZZ-3"})
                await line.gone()
        elif request.cursor == f"{EPOCH}-90":
            await peer.poll(fresh, resume="reset", reason="epoch", callback=callback(request))
        elif request.cursor == fresh:
            await peer.poll("ZZZZZZZZ-3", {"id": "ZZZZZZZZ-3", "data": 3}, callback=callback(request))
        else:
            await peer.gone()

    scripted.script = script
    page = visit()
    feed(page, transports=transport, cursor=f"{EPOCH}-90")
    assert eventually(lambda: scripted.requests and scripted.requests[-1].cursor == "ZZZZZZZZ-3")
    assert log(page, "resets") == [{"reason": "epoch", "cursor": fresh}]
    assert log(page) == ["ZZZZZZZZ-3"]


def test_bytes_and_keys_arrive(visit, scripted):
    async def script(request, peer):
        socket = await opened(request, peer, welcome(0, "new", replay=1))
        await socket.frame(type="message", **message(1, data="AP8=", encoding="base64", event="moved", key="u7"))
        await socket.frame(type="message", **message(2, data={"a": [1, "ü\u2028"]}))
        await socket.gone()

    scripted.script = script
    page = visit()
    page.evaluate("""() => {
      window.seen = [];
      window.feed = new Halley("/feed", { share: false }).on("message", (message) => seen.push(
        { ...message, data: message.data instanceof Uint8Array ? [...message.data] : message.data }));
    }""")
    wait(page, "seen.length === 2")
    one, two = given(page.evaluate("seen"))
    assert one == {"id": f"{EPOCH}-1", "data": [0, 255], "event": "moved", "key": "u7", "replayed": True}
    assert two == {"id": f"{EPOCH}-2", "data": {"a": [1, "ü\u2028"]}, "replayed": False}


# --- ends ---

def test_terminal_close_codes_stop(visit, scripted):
    codes = [1000, 1002, 1003, 1007, 1008, 1009, 4001, 4002, 4003, 4004, 4099]

    async def script(request, peer):
        socket = await opened(request, peer, welcome(0))
        await socket.close(int(request.query["code"]), "enough")

    scripted.script = script
    page = visit(clock=True)
    for code in codes:
        feed(page, f"feed{code}", f"/feed?code={code}")
        wait(page, f"feed{code}.state.state === 'refused'")
    page.clock.run_for(60_000)
    assert [int(request.query["code"]) for request in scripted.requests] == codes
    for code in codes:
        state = page.evaluate(f"feed{code}.state")
        assert state["code"] == code and "enough" in state["reason"], state


@pytest.mark.parametrize("status, transport", [(401, "stream"), (403, "poll"), (404, "stream"), (400, "poll")])
def test_final_answers_stop(visit, scripted, status, transport):
    async def script(request, peer):
        await peer.reply(status, {"error": "origin"})

    scripted.script = script
    page = visit(clock=True)
    feed(page, transports=[transport, "jsonp"])
    wait(page, "feed.state.state === 'refused'")
    page.clock.run_for(60_000)
    assert len(scripted.requests) == 1
    assert page.evaluate("feed.state.reason") == f"The server answered {status} origin"


def test_other_close_codes_come_back(visit, scripted):
    """(code, reason, least and most milliseconds until the next attempt)"""
    cases = [
        (1012, {"retry": 2200, "reason": "drain"}, 2200, 2200), (1013, {"retry": 1500}, 1500, 1500),
        (1012, "no JSON", 0, 500), (1001, "", 0, 500), (1011, "", 0, 500), (4100, "slow", 0, 500),
        (4200, {"retry": 600, "reason": "rotate"}, 600, 1000), (4203, "gap", 0, 1000), (4210, "token", 0, 1000)]

    async def script(request, peer):
        socket = await opened(request, peer, welcome(0))
        number = request.query["number"]
        if sum(request.query["number"] == number for request in scripted.requests) == 1:
            code, reason, _, _ = cases[int(number)]
            await socket.close(code, reason)
        await socket.gone()

    scripted.script = script
    page = visit()
    for number in range(len(cases)):
        feed(page, f"feed{number}", f"/feed?number={number}", transports="websocket")
    for number, (code, _, least, most) in enumerate(cases):
        wait(page, f"feed{number}.log.states.length === 5")
        states = log(page, "states", f"feed{number}")
        assert [state["state"] for state in states] == ["connecting", "live", "waiting", "connecting", "live"]
        assert least <= states[2]["retryIn"] <= most, code
        assert states[2]["reason"].endswith(f"trying again in {states[2]['retryIn'] / 1000:.1f} s")


def test_a_rotated_socket_resumes(visit, scripted):
    """Closed with 4200 behind its last message: back within a second, with the newest cursor, which no start and no
    cursor in the page's own address replaces."""
    async def script(request, peer):
        count = len(scripted.requests)
        socket = await opened(request, peer, welcome(6 + count, "new" if count == 1 else "resumed", replay=1))
        await socket.frame(type="message", **message(7 + count))
        if count == 1:
            await socket.close(4200, {"retry": 100, "reason": "rotate"})
        await socket.gone()

    scripted.script = script
    page = visit()
    feed(page, url="/feed?room=7&cursor=last-50", transports="websocket")
    wait(page, "feed.log.messages.length === 2")
    assert log(page, "data") == [8, 9]
    assert [request.cursor for request in scripted.requests] == ["last-50", f"{EPOCH}-8"]
    assert [request.query for request in scripted.requests] == [{"room": "7"}] * 2
    (wait_state,) = [state for state in log(page, "states") if state["state"] == "waiting"]
    assert wait_state["reason"].startswith("The server asked to come back;")
    assert 100 <= wait_state["retryIn"] <= 1000
    assert page.evaluate("feed.stats.duplicates") == 0

    feed(page, "other", "/feed?last_event_id=oldest", transports="websocket", start="last-3")
    wait(page, "other.log.messages.length === 1")
    assert (scripted.requests[-1].query, scripted.requests[-1].cursor) == ({}, "last-3")


@pytest.mark.parametrize("transport", EVERY)
def test_retry_is_a_lower_bound(visit, scripted, transport):
    """A server that is full or drains says when to come back; neither backoff nor a page that shows is sooner."""
    async def script(request, peer):
        if len(scripted.requests) > 1:
            await peer.gone()
        elif transport == "websocket":
            socket = await opened(request, peer, {"type": "move", "reason": "overload", "retry": 30_000})
            await socket.close(1013, {"retry": 30_000})
        elif transport == "sse":
            await opened(request, peer, {"type": "move", "reason": "overload", "retry": 30_000})
        elif transport == "stream":
            await peer.reply(503, {"error": "overloaded", "retry": 30_000})
        elif transport == "poll":
            await peer.reply(503, "<html>", Retry_After="30")
        else:
            await peer.reply(200, f'/**/{callback(request)}({{"error":"overloaded","retry":30000}});')

    scripted.script = script
    page = visit(clock=True)
    feed(page, transports=transport)
    wait(page, "feed.state.state === 'waiting'")
    page.evaluate("dispatchEvent(new Event('online'))")
    assert 28_000 < page.evaluate("feed.state.retryIn") <= 30_000
    page.clock.run_for(20_000)
    assert page.evaluate("feed.state.state") == "waiting" and len(scripted.requests) == 1
    page.clock.run_for(15_000)
    assert eventually(lambda: len(scripted.requests) == 2)


def test_backoff_grows_with_jitter_and_rests(visit, scripted):
    """random(0, min(20 s, 0.5 s × 2^n)); ten seconds of life begin again."""
    async def script(request, peer):
        if len(scripted.requests) < 13:
            return peer.cut()
        socket = await opened(request, peer, welcome(0))
        if len(scripted.requests) == 13:
            await hold()
            peer.cut()
        await socket.gone()

    hold, release = scripted.event()
    scripted.script = script
    page = visit(clock=True)
    feed(page, transports="stream")
    pass_time(page, "feed.state.state === 'live'")
    waits = [state["retryIn"] for state in log(page, "states") if state["state"] == "waiting"]
    assert all(0 <= delay <= min(20_000, 500 * 2 ** n) for n, delay in enumerate(waits)), waits
    assert len(set(waits)) > 6 and max(waits) > 2_000, waits
    page.clock.run_for(11_000)
    release()
    wait(page, "feed.log.states.at(-1).state !== 'live'")
    assert log(page, "states")[-1].get("retryIn", 0) <= 500


@pytest.mark.parametrize("transport", OPEN_ENDED)
def test_a_silent_line_is_noticed(visit, scripted, transport):
    """2 × heartbeat + 5 s; heartbeats keep it."""
    async def script(request, peer):
        line = await opened(request, peer, welcome(0, heartbeat=10_000))
        if len(scripted.requests) == 1:
            await beat()
            await line.frame(type="heartbeat")
        await line.gone()

    beat, send_beat = scripted.event()
    scripted.script = script
    page = visit(clock=True)
    feed(page, transports=transport)
    page.evaluate("feed.on('heartbeat', () => (window.beaten = true))")
    wait(page, "feed.state.state === 'live'")
    page.clock.run_for(20_000)
    send_beat()
    wait(page, "window.beaten")
    page.clock.run_for(20_000)
    assert page.evaluate("feed.state.state") == "live"
    page.clock.run_for(6_000)
    wait(page, "feed.log.words.some((words) => words.startsWith('The line went silent'))")
    page.clock.run_for(1_000)
    assert eventually(lambda: len(scripted.requests) == 2)


@pytest.mark.parametrize("transport", ["poll", "jsonp"])
def test_a_poll_without_an_answer_is_noticed(visit, scripted, transport):
    async def script(request, peer):
        if len(scripted.requests) == 1:
            await peer.poll(f"{EPOCH}-0", resume="new", callback=callback(request))
        else:
            await peer.gone()

    scripted.script = script
    page = visit(clock=True)
    feed(page, transports=transport)
    assert eventually(lambda: len(scripted.requests) == 2)
    hold = int(scripted.requests[1].query["hold"])
    page.clock.run_for((hold + 9) * 1000)
    assert page.evaluate("feed.state.state") == "live"
    page.clock.run_for(3_000)
    page.clock.run_for(1_000)
    assert eventually(lambda: len(scripted.requests) == 3)
    assert scripted.requests[2].query["hold"] == "0"


# --- which transport ---

def test_falls_back_in_order(visit, scripted):
    """Two failures before a first frame for each; 406 is final for one transport at once; the last one works."""
    async def script(request, peer):
        if request.transport == "websocket":
            await peer.reply(400, {"error": "handshake"})
        elif request.transport == "sse":
            await peer.reply(502, "<h1>Bad gateway</h1>", "text/html")
        elif request.transport == "stream":
            await peer.reply(406, {"error": "not_offered"})
        elif request.transport == "poll":
            await peer.reply(500, "?")
        elif request.query["hold"] == "0":
            await peer.poll(f"{EPOCH}-1", message(1), resume="new", callback=callback(request))
        else:
            await peer.gone()

    scripted.script = script
    page = visit()
    feed(page)
    wait(page, "feed.log.messages.length === 1")
    tried = [request.transport for request in scripted.requests]
    assert tried[:8] == ["websocket"] * 2 + ["sse"] * 2 + ["stream"] + ["poll"] * 2 + ["jsonp"]
    assert page.evaluate("[feed.transport, feed.state.reason]") == ["jsonp", "Live over JSONP"]


def test_a_page_may_give_its_own_list(visit, scripted):
    async def script(request, peer):
        if request.transport == "poll":
            await peer.reply(406, {"error": "not_offered"})
        else:
            await (await opened(request, peer, welcome(1))).gone()

    scripted.script = script
    page = visit()
    feed(page, transports=["poll", "stream"])
    wait(page, "feed.state.state === 'live'")
    assert [request.transport for request in scripted.requests] == ["poll", "stream"]
    feed(page, name="other", transports="poll")
    wait(page, "other.state.state === 'refused'")
    assert page.evaluate("(() => { try { new Halley('/feed', { transports: 'pigeon' }) } catch (e) { return e.name } })()") \
        == "TypeError"


def test_a_first_frame_that_does_not_come(visit, scripted):
    """A proxy that lets everything through but keeps the bytes: five seconds, twice, then the next."""
    async def script(request, peer):
        if request.transport == "poll":
            if request.query["hold"] == "0":
                await peer.poll(f"{EPOCH}-1", resume="new")
            else:
                await peer.gone()
        else:
            await opened(request, peer)
            await peer.gone()

    scripted.script = script
    page = visit(clock=True)
    feed(page, transports=["sse", "poll"])
    for count in (1, 2):
        assert eventually(lambda: len(scripted.requests) == count)
        page.clock.run_for(3_000)
        assert page.evaluate("feed.state.state") == "connecting"
        page.clock.run_for(2_500)
        pass_time(page, lambda: len(scripted.requests) > count)
    wait(page, "feed.state.state === 'live'")
    assert page.evaluate("feed.transport") == "poll"
    assert any(words.startswith("No answer; trying again") for words in log(page, "words"))


def test_the_choice_is_kept_and_better_ones_come_back(visit, scripted):
    """Ten minutes for the choice; then WebSocket is tried behind the page's back and takes over with nothing lost."""
    works = {"websocket": False}
    hold, release = scripted.event()

    async def script(request, peer):
        if request.transport == "sse":
            line = await opened(request, peer, welcome(5, heartbeat=AGES))
            try:
                await hold()
                await line.frame(type="message", **message(6))
                await line.frame(type="message", **message(7))
                await line.gone()
            finally:
                ends.append(request)
        elif not works["websocket"]:
            await peer.reply(400)
        else:
            socket = await peer.accept()
            release()
            await overlap()
            # It began before the last two; both connections tell them.
            await socket.frame(**welcome(5, "resumed", replay=2))
            for offset in (6, 7, 8):
                await socket.frame(type="message", **message(offset))
            await socket.gone()

    ends = []
    overlap, go_on = scripted.event()
    scripted.script = script
    page = visit(clock=True)
    feed(page, transports=["websocket", "sse"])
    pass_time(page, "feed.state.state === 'live'")
    assert page.evaluate("feed.transport") == "sse"

    page.reload()  # the same tab begins with what worked
    before = len(scripted.requests)
    feed(page, transports=["websocket", "sse"])
    wait(page, "feed.state.state === 'live'")
    assert [request.transport for request in scripted.requests[before:]] == ["sse"]

    at = page.evaluate("Date.now()")
    page.clock.run_for(601_000)  # the first look finds it still broken
    assert eventually(lambda: scripted.requests[-1].transport == "websocket")
    wait(page, f"Object.values(sessionStorage).some((text) => JSON.parse(text)[1] > {at})")
    assert page.evaluate("[feed.transport, feed.state.state]") == ["sse", "live"]
    works["websocket"] = True
    before = len(scripted.requests)
    page.clock.run_for(605_000)
    assert eventually(lambda: len(scripted.requests) > before)
    wait(page, "feed.log.messages.length === 2")
    assert page.evaluate("feed.transport") == "sse"  # until the other's first frame
    go_on()
    wait(page, "feed.log.messages.length === 3")
    assert log(page, "data") == [6, 7, 8]
    assert page.evaluate("[feed.transport, feed.state.reason]") == ["websocket", "Live over WebSocket"]
    assert eventually(lambda: len(ends) == 2), "the old connection is closed"
    assert [state["state"] for state in log(page, "states")] == ["connecting", "live", "live"]


def test_use_changes_without_a_gap(visit, scripted):
    """The old transport goes on until the new one has spoken; one that does not work is left again."""
    async def script(request, peer):
        line = await opened(request, peer, welcome(3 if request.transport == "sse" else 4, "resumed", replay=1))
        await line.frame(type="message", **message(4 if request.transport == "sse" else 5))
        await line.gone()
        ends.append(request.transport)

    ends = []
    scripted.script = script
    page = visit()
    feed(page, transports="sse")
    wait(page, "feed.log.messages.length === 1")
    page.evaluate("feed.use('stream')")
    wait(page, "feed.log.messages.length === 2")
    assert eventually(lambda: ends == ["sse"])
    assert [request.cursor for request in scripted.requests] == [None, f"{EPOCH}-4"]
    assert [state["state"] for state in log(page, "states")] == ["connecting", "live", "live"]


# --- the page ---

HIDE = """(hidden) => {
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => hidden ? "hidden" : "visible" });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_hidden_pages_pause_after_five_minutes(visit, scripted):
    async def script(request, peer):
        await (await opened(request, peer, welcome(3, "new", heartbeat=AGES))).gone()
        ends.append(request)

    ends = []
    scripted.script = script
    page = visit(clock=True)
    feed(page, transports="websocket")
    wait(page, "feed.state.state === 'live'")
    page.evaluate(HIDE, True)
    page.clock.run_for(290_000)
    assert page.evaluate("feed.state.state") == "live"
    page.clock.run_for(11_000)
    assert page.evaluate("[feed.state.state, feed.state.reason]") == ["paused", "Paused while the page is hidden"]
    assert eventually(lambda: len(ends) == len(scripted.requests))
    before = len(scripted.requests)
    page.clock.run_for(600_000)
    assert len(scripted.requests) == before
    page.evaluate(HIDE, False)
    wait(page, "feed.state.state === 'live'")
    assert scripted.requests[-1].cursor == f"{EPOCH}-3"


def test_a_page_that_leaves_and_comes_back_from_the_cache(visit, scripted):
    async def script(request, peer):
        await (await opened(request, peer, welcome(3, "new"))).gone()
        ends.append(request)

    ends = []
    scripted.script = script
    page = visit()
    feed(page, transports="websocket")
    wait(page, "feed.state.state === 'live'")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    assert eventually(lambda: len(ends) == 1)
    assert page.evaluate("feed.state.state") == "paused"
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    wait(page, "feed.state.state === 'live'")
    assert scripted.requests[-1].cursor == f"{EPOCH}-3"


@pytest.mark.parametrize("event", ["online", "visible"])
def test_waiting_feeds_wake(visit, scripted, event):
    """Back within a second instead of after the backoff."""
    works = []

    async def script(request, peer):
        if not works:
            return peer.cut()
        await (await opened(request, peer, welcome(3))).gone()

    scripted.script = script
    page = visit(clock=True)
    feed(page, transports="stream")
    pass_time(page, lambda: len(scripted.requests) >= 8)
    wait(page, "feed.state.state === 'waiting'")
    works.append(True)
    page.evaluate("() => dispatchEvent(new Event('online'))" if event == "online" else HIDE, False)
    assert page.evaluate("feed.state.retryIn") <= 1_000
    page.clock.run_for(1_000)
    wait(page, "feed.state.state === 'live'")


def test_a_new_network_tests_the_link(visit, scripted):
    """After `online` a link that says nothing is doubted; the new one is open before the old one is closed."""
    async def script(request, peer):
        await (await opened(request, peer, welcome(3))).gone()
        ends.append(len(scripted.requests))

    ends = []
    scripted.script = script
    page = visit()
    feed(page, transports="websocket")
    wait(page, "feed.state.state === 'live'")
    page.evaluate("dispatchEvent(new Event('online'))")
    assert eventually(lambda: ends == [2])
    assert [state["state"] for state in log(page, "states")] == ["connecting", "live"]


def test_close_is_the_end(visit, scripted):
    async def script(request, peer):
        await (await opened(request, peer, welcome(3))).gone()
        ends.append(request)

    ends = []
    scripted.script = script
    page = visit(clock=True)
    feed(page)
    wait(page, "feed.state.state === 'live'")
    page.evaluate("feed.close(); feed.close(); dispatchEvent(new Event('online'));")
    assert eventually(lambda: len(ends) == 1)
    page.clock.run_for(60_000)
    assert len(scripted.requests) == 1
    assert page.evaluate("[feed.state.state, feed.state.reason]") == ["closed", "Closed by the page"]


def test_a_page_that_throws_costs_no_message(scripted, browser, client):
    async def script(request, peer):
        line = await opened(request, peer, welcome(0))
        for offset in (1, 2):
            await line.frame(type="message", **message(offset))
        await line.gone()

    scripted.script = script
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(client)
    page.goto(scripted.origin + "/")
    page.evaluate("""() => {
      window.seen = []; window.errors = [];
      addEventListener("error", (event) => errors.push(event.message));
      new Halley("/feed", { share: false }).on("message", ({ data }) => { seen.push(data); throw new Error("mine"); });
    }""")
    page.wait_for_function("seen.length === 2 && errors.length === 2")
    context.close()


# --- publishing ---

def keys(requests):
    return [request.fields.get("idempotency-key") for request in requests]


def test_publish_by_frame_is_repeated_with_its_key(visit, scripted):
    frames = []

    async def script(request, peer):
        socket = await opened(request, peer, welcome(0))
        frame = await socket.receive()
        frames.append(frame)
        if len(frames) == 1:
            return peer.cut()  # published or not, nobody knows
        await socket.frame(type="ack", ref="somebody else's", id=f"{EPOCH}-9")
        await socket.frame(type="ack", ref=frame["ref"], id=f"{EPOCH}-1", duplicate=True)
        await socket.gone()

    scripted.script = script
    page = visit()
    feed(page, transports="websocket")
    wait(page, "feed.state.state === 'live'")

    async def other_attempts(request, peer):
        if request.method == "POST":
            await peer.reply(405, {"error": "method_not_allowed"})
        else:
            await script(request, peer)

    scripted.script = other_attempts
    receipt = page.evaluate("feed.publish({ hello: 1 }, { event: 'moved', key: 'u7', channel: 'b' })")
    assert receipt == {"id": f"{EPOCH}-1", "duplicate": True}
    one, two = frames
    assert {name: one[name] for name in ("type", "data", "event", "key", "channel")} == {
        "type": "publish", "data": {"hello": 1}, "event": "moved", "key": "u7", "channel": "b"}
    assert one["idempotencyKey"] == two["idempotencyKey"] and len(one["ref"]) <= 64


def test_publish_by_post(visit, scripted):
    """Overloaded, then cut, then done: three requests, one key."""
    async def script(request, peer):
        if request.method != "POST":
            return await (await opened(request, peer, welcome(0))).gone()
        count = len(scripted.seen("publish"))
        if count == 1:
            await peer.reply(503, {"error": "overloaded", "retry": 300})
        elif count == 2:
            peer.cut()
        elif count == 3:
            await peer.reply(201, {"id": f"{EPOCH}-5"})
        else:
            await peer.reply(413, {"error": "too_large"})

    scripted.script = script
    page = visit()
    feed(page, transports="sse")
    receipt = page.evaluate("feed.publish([1], { event: 'a b', idempotencyKey: 'mine' })")
    assert receipt == {"id": f"{EPOCH}-5", "duplicate": False}
    posts = scripted.seen("publish")
    assert keys(posts) == ["mine"] * 3
    assert posts[0].query == {"event": "a b"} and json.loads(posts[0].body) == [1]
    assert page.evaluate("feed.publish(1).catch((error) => error.message)") == "too_large"
    assert page.evaluate("feed.publish(new Uint8Array([1, 2, 255]).subarray(1)).catch(() => 0)") == 0
    post = scripted.seen("publish")[-1]
    assert post.body == b"\x02\xff" and post.fields["content-type"] == "application/octet-stream"
    assert len(set(keys(scripted.seen("publish")))) == 3


def test_publish_goes_by_post_where_frames_are_not_taken(visit, scripted):
    async def script(request, peer):
        if request.method == "POST":
            return await peer.reply(201, {"id": f"{EPOCH}-1"})
        socket = await opened(request, peer, welcome(0))
        frame = await socket.receive()
        frames.append(frame)
        await socket.frame(type="error", ref=frame["ref"], error="not_offered")
        await socket.gone()

    frames = []
    scripted.script = script
    page = visit()
    feed(page, transports="websocket")
    wait(page, "feed.state.state === 'live'")
    assert page.evaluate("feed.publish(1)")["id"] == f"{EPOCH}-1"
    assert page.evaluate("feed.publish(2)")["id"] == f"{EPOCH}-1"
    assert len(frames) == 1
    assert keys(scripted.seen("publish"))[0] == frames[0]["idempotencyKey"]


def test_publish_is_refused_in_words(visit, scripted):
    async def script(request, peer):
        socket = await opened(request, peer, welcome(0))
        frame = await socket.receive()
        await socket.frame(type="error", ref=frame["ref"], error="too_large")
        await socket.gone()

    scripted.script = script
    page = visit()
    feed(page, transports="websocket")
    wait(page, "feed.state.state === 'live'")
    assert page.evaluate("feed.publish(1).catch((error) => error.message)") == "too_large"


def test_the_token_is_asked_for_each_time(visit, scripted):
    async def script(request, peer):
        if request.transport == "websocket":
            socket = await opened(request, peer, welcome(0))
            if len(scripted.requests) == 1:
                await socket.close(4210, "token")
            await socket.gone()

    scripted.script = script
    page = visit()
    page.evaluate("""() => {
      let count = 0;
      window.feed = new Halley("/feed", { transports: "websocket", token: async () => `token-${++count}` });
    }""")
    assert eventually(lambda: len(scripted.requests) == 2 and scripted.requests[1].hello)
    assert [request.hello["token"] for request in scripted.requests] == ["token-1", "token-2"]


# --- the WebSocket that comes back ---

SOCKET = """(options) => {
  window.log = [];
  const socket = window.socket = new Halley.WebSocket("/feed/raw", [], { minReconnectionDelay: 10, ...options });
  for (const type of ["open", "close", "error"]) {
    socket[`on${type}`] = (event) => log.push(type + (event.code ? ` ${event.code}` : ""));
  }
  socket.addEventListener("message", ({ data }) => log.push(data));
}"""


def test_socket_comes_back_and_sends_what_waited(visit, scripted):
    async def script(request, peer):
        socket = await peer.accept()
        heard = [await socket.receive(), await socket.receive()] if len(scripted.requests) == 1 else []
        await socket.send("|".join(text.decode() for text in heard) or "again")
        if len(scripted.requests) == 1:
            await socket.close(1001)
        await socket.gone()

    scripted.script = script
    page = visit()
    page.evaluate(SOCKET, {"startClosed": True})
    assert page.evaluate("[socket.readyState, socket.OPEN, Halley.WebSocket.CLOSED]") == [3, 1, 3]
    page.evaluate("socket.send('one'); socket.send('two');")
    assert page.evaluate("socket.bufferedAmount") == 6
    assert page.evaluate("socket.reconnect() ?? socket.readyState") == 0
    wait(page, "log.at(-1) === 'again'")
    assert page.evaluate("log") == ["open", "one|two", "close 1001", "open", "again"]
    assert page.evaluate("[socket.readyState, socket.bufferedAmount, socket.url.slice(0, 5)]") == [1, 0, "ws://"]
    page.evaluate("socket.close()")
    wait(page, "socket.readyState === 3")
    assert page.evaluate("log.at(-1)") == "close 1000"
    page.evaluate("socket.reconnect()")
    wait(page, "socket.readyState === 1")


@pytest.mark.parametrize("code, comes_back", [(1000, False), (1008, False), (4001, False), (1011, True), (4203, True)])
def test_socket_close_codes(visit, scripted, code, comes_back):
    async def script(request, peer):
        socket = await peer.accept()
        await socket.close(code)

    scripted.script = script
    page = visit(clock=True)
    page.evaluate(SOCKET, {})
    wait(page, "log.length >= 2")
    assert page.evaluate("log.slice(0, 2)") == ["open", f"close {code}"]
    page.clock.run_for(1_100)
    if comes_back:
        assert eventually(lambda: len(scripted.requests) > 1)
    else:
        page.clock.run_for(60_000)
        assert page.evaluate("socket.readyState") == 3 and len(scripted.requests) == 1


def test_socket_gives_up_after_its_retries(visit, scripted):
    async def script(request, peer):
        peer.cut()

    scripted.script = script
    page = visit()
    page.evaluate(SOCKET, {"maxRetries": 2, "maxEnqueuedMessages": 1})
    page.evaluate("socket.send('a'); socket.send('b');")
    assert page.evaluate("socket.bufferedAmount") == 1
    wait(page, "socket.readyState === 3")
    assert page.evaluate("socket.retryCount") == 2 and len(scripted.requests) == 3
    assert page.evaluate("log") == ["error", "close 1006"] * 3
