"""Pages that are really hidden and shown again: the browser says so, not a test's own event."""

import pytest

from server import eventually
from window import Window

# The client as every page has it. Only the five minutes of a hidden page pass in one second.
OPEN = """((url, options) => new Promise((done) => {
  const { setTimeout } = window;
  window.setTimeout = (act, time, ...rest) => setTimeout(act, time === 300_000 ? 1_000 : time, ...rest);
  Object.assign(window, { seen: [], states: [], resets: [], shows: [] });
  for (const type of ["visibilitychange", "freeze", "resume"]) {
    document.addEventListener(type, () => shows.push(type === "visibilitychange" ? document.visibilityState : type));
  }
  const script = document.createElement("script");
  script.src = "/_halley/halley.js";
  script.onload = () => {
    window.feed = new Halley(url, options);
    feed.on("message", ({ data }) => seen.push(data)).on("reset", ({ reason }) => resets.push(reason));
    feed.on("state", ({ state }) => states.push(state));
    done();
  };
  document.head.append(script);
}))(...arguments)"""


@pytest.fixture(scope="module")
def window():
    window = Window()
    yield window
    window.close()


@pytest.fixture
def visit(window, server):
    """visit(channel, **options): a feed of a hub channel in the current tab."""
    def visit(channel, **options):
        window.goto(server.url("/_halley/health"))
        window.run(OPEN, f"/hub/{channel}", options)
        window.until("feed.state.state === 'live'")
        assert window.run("[document.visibilityState, shows.length]") == ["visible", 0]

    yield visit
    window.restore()
    window.goto("about:blank")


def connected(server):
    return sum(server.health()[name] for name in ("webSockets", "eventStreams", "waiters"))


@pytest.mark.parametrize("transport", ["websocket", "sse", "stream", "poll", "jsonp"])
def test_hidden_for_long_and_shown(window, visit, server, channel, transport):
    """Hidden it goes on for five minutes, then it lets its connection go; shown it is back at once, from its place."""
    visit(channel, transports=transport)
    server.publish(channel, "seen")
    window.until("seen.length === 1")
    window.minimise()
    window.until("shows.at(-1) === 'hidden'")
    server.publish(channel, "hidden")
    window.until("seen.length === 2")
    assert window.until("feed.state.state === 'paused' && feed.state.reason") == "Paused while the page is hidden"
    # A script that has been asked for cannot be taken back; the server answers it when its hold is over.
    assert transport == "jsonp" or eventually(lambda: connected(server) == 0)
    for number in range(3):
        server.publish(channel, f"away {number}")
    assert window.run("seen") == ["seen", "hidden"]
    window.run("void (states.length = 0)")
    window.restore()
    window.until("seen.length === 5")
    assert window.run("[seen, resets, states, shows]") == [
        ["seen", "hidden", "away 0", "away 1", "away 2"], [], ["connecting", "live"], ["hidden", "visible"]]


def test_hidden_for_a_moment(window, visit, server, channel):
    """The connection stays."""
    visit(channel, transports="websocket", pauseAfter=20_000)
    window.minimise()
    window.until("shows.at(-1) === 'hidden'")
    server.publish(channel, "hidden")
    window.until("seen.length === 1")
    window.restore()
    window.until("shows.at(-1) === 'visible'")
    server.publish(channel, "shown")
    window.until("seen.length === 2")
    assert window.run("[feed.stats.requests, seen, resets]") == [1, ["hidden", "shown"], []]


@pytest.mark.parametrize("transport", ["websocket", "poll"])
def test_frozen(window, visit, server, channel, transport):
    """What the browser does to a page that has been hidden for long: it stands still, without a word to it."""
    visit(channel, transports=transport, pauseAfter=60_000)
    window.minimise()
    window.until("shows.at(-1) === 'hidden'")
    window.freeze(True)
    for number in range(5):
        server.publish(channel, f"frozen {number}")
    window.freeze(False)
    window.restore()
    window.until("seen.length >= 5")
    assert window.run("[seen, resets]") == [[f"frozen {number}" for number in range(5)], []]
    assert window.run("shows") == ["hidden", "freeze", "resume", "visible"]


def test_the_leading_tab_is_hidden(window, visit, server, channel):
    """Two tabs share a connection. The one that holds it is hidden for long: the one in front goes on with nothing
    lost, and so does the first when it is in front again."""
    first = window.tab
    visit(channel, transports="sse")
    second = window.tab = window.new_tab()
    visit(channel, transports="sse")
    assert eventually(lambda: server.health()["eventStreams"] == 1)
    before = window.run("feed.stats.requests")
    server.publish(channel, "both")
    window.until("seen.length === 1")
    server.publish(channel, "one is behind")
    window.until("feed.stats.requests > arguments[0]", before)
    assert eventually(lambda: server.health()["eventStreams"] == 1)
    server.publish(channel, "the other leads")
    window.until("seen.length === 3")
    window.tab = first
    window.until("seen.length === 3")
    assert window.run("[seen, resets, shows, states.slice(0, 3)]") == [
        ["both", "one is behind", "the other leads"], [], ["hidden", "visible"], ["connecting", "live", "paused"]]
    window.tab = second
    assert window.run("[seen.length, resets.length]") == [3, 0]


def test_the_gallery_is_hidden(window, server):
    """Its cards let go at once, and miss nothing."""
    window.goto(server.url("/"))
    card = "document.querySelector('[data-testid=card-short-poll]')"
    state = f"{card}.querySelector('[data-testid=state]').textContent"
    window.until(f"{state} === 'Live'")
    window.minimise()
    window.until(f"{state} === 'Paused while the page is hidden'")
    window.run("fetch('/gallery/feed', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '1' })"
               ".then(() => true)")
    window.restore()
    window.until(f"{card}.querySelector('[data-testid=messages]').textContent === '1'")
    assert window.run(f"[{state}, {card}.dataset.verdict, document.visibilityState]") == ["Live", "good", "visible"]
