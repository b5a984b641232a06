"""halley.js against the real server: every transport over a link that is cut, restarts, and many tabs."""

import itertools

import pytest

from server import Server, eventually

TRANSPORTS = ["websocket", "sse", "stream", "poll", "jsonp"]

OPEN = """([url, options]) => {
  window.seen = []; window.resets = []; window.states = [];
  window.feed = new Halley(url, options);
  feed.on("message", ({ data }) => seen.push(data)).on("reset", ({ reason }) => resets.push(reason));
  feed.on("state", ({ state }) => states.push(state));
}"""


@pytest.fixture
def visit(browser, server):
    """visit(channel, origin, context, **options): a page with a feed of a hub channel."""
    contexts, errors = [], []

    def visit(channel, origin=None, context=None, script="", **options):
        if context is None:
            context = browser.new_context()
            contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(45_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        if script:
            page.add_init_script(script)
        page.goto((origin or server.origin) + "/_halley/health")
        page.add_script_tag(url="/_halley/halley.js")
        page.evaluate(OPEN, [f"/hub/{channel}", {"start": "last-100", **options}])
        return page

    yield visit
    for context in contexts:
        context.close()
    assert not errors, errors


def live(*pages):
    for page in pages:
        page.wait_for_function("feed.state.state === 'live'")


def expect(expected, *pages):
    for page in pages:
        page.wait_for_function("(count) => seen.length >= count", arg=len(expected))
        assert page.evaluate("seen") == expected


class Talk:
    """Publishes numbered texts, and knows them all."""

    def __init__(self, server, channel):
        self.server, self.channel, self.said = server, channel, []

    def say(self, count):
        for _ in range(count):
            text = f"text {len(self.said)}"
            self.server.publish(self.channel, text)
            self.said.append(text)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_nothing_lost_over_a_cut(visit, server, link, channel, transport):
    talk = Talk(server, channel)
    talk.say(3)
    page = visit(channel, link.origin, transports=transport)
    expect(talk.said, page)
    talk.say(5)
    link.cut()
    talk.say(5)
    page.wait_for_function("states.includes('waiting')")
    talk.say(5)
    link.mend()
    talk.say(5)
    expect(talk.said, page)
    live(page)
    talk.say(2)
    expect(talk.said, page)
    assert page.evaluate("[feed.transport, resets.length]") == [transport, 0]


def test_nothing_lost_over_changes_of_transport(visit, server, channel):
    """Every pair of transports, with messages on the way."""
    talk = Talk(server, channel)
    page = visit(channel, transports="websocket")
    live(page)
    for old, new in itertools.permutations(TRANSPORTS, 2):
        for transport in (old, new):
            talk.say(1)
            page.evaluate("(transport) => feed.use(transport)", transport)
            talk.say(1)
    expect(talk.said, page)
    page.wait_for_function("(transport) => feed.transport === transport && feed.state.state === 'live'", arg=new)
    talk.say(2)
    expect(talk.said, page)
    assert page.evaluate("resets") == []


@pytest.mark.parametrize("transport", ["", *TRANSPORTS], ids=lambda name: name or "auto")
def test_network_off_and_on(visit, server, channel, transport):
    """By the DevTools protocol."""
    talk = Talk(server, channel)
    page = visit(channel, **({"transports": transport} if transport else {}))
    live(page)
    talk.say(2)
    expect(talk.said, page)
    page.context.set_offline(True)
    talk.say(3)
    page.context.set_offline(False)
    talk.say(3)
    expect(talk.said, page)
    live(page)


def test_server_killed_and_restarted(visit, channel):
    """Its memory is gone: the page hears of it, and goes on."""
    with Server() as first:
        talk = Talk(first, channel)
        page = visit(channel, first.origin)
        live(page)
        talk.say(3)
        expect(talk.said, page)
        first.process.kill()
        first.process.wait()
    page.wait_for_function("states.includes('waiting')")
    with Server(port=first.port) as second:
        page.wait_for_function("resets.length > 0")
        live(page)
        assert page.evaluate("resets") == ["epoch"]
        talk.server = second
        talk.say(2)
        expect(talk.said, page)
        page.context.close()


# Pages over plain HTTP have no Web Locks: the lease in localStorage stands in.
NO_LOCKS = "Object.defineProperty(navigator, 'locks', { value: undefined });"


def connections(server, count):
    return eventually(lambda: [server.health()[name] for name in ("webSockets", "eventStreams")] == count, within=60)


@pytest.mark.parametrize("tabs, transport, script", [(7, "websocket", ""), (7, "sse", ""), (3, "websocket", NO_LOCKS)],
                         ids=["websocket", "sse", "lease"])
def test_tabs_share_one_connection(visit, server, channel, tabs, transport, script):
    """All live over one connection, also where a browser allows six; the tab that leads is closed, and the others go on
    with nothing lost."""
    one = [1, 0] if transport == "websocket" else [0, 1]
    assert connections(server, [0, 0])
    talk = Talk(server, channel)
    talk.say(3)
    first = visit(channel, script=script, transports=transport)
    pages = [first]
    for _ in range(tabs - 1):
        pages.append(visit(channel, context=first.context, script=script, transports=transport))
    live(*pages)
    expect(talk.said, *pages)
    assert connections(server, one)
    talk.say(5)
    expect(talk.said, *pages)
    # A tab that follows publishes by the one that leads.
    receipt = pages[-1].evaluate("feed.publish('from a tab')")
    assert not receipt["duplicate"]
    talk.said.append("from a tab")
    expect(talk.said, *pages)
    while len(pages) > max(tabs - 3, 1):
        gone = pages.pop(0)
        talk.say(1)
        gone.close()
        talk.say(2)
        expect(talk.said, *pages)
        live(*pages)
        assert connections(server, one)
    talk.say(2)
    expect(talk.said, *pages)
    assert [page.evaluate("resets.length") for page in pages] == [0] * len(pages)
