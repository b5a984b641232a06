"""The console in Chromium: it shows what happens, as it happens."""

from playwright.sync_api import expect

from server import eventually

# Two sockets and a stream, from a page without a policy of its own.
CLIENTS = """(path) => {
  const open = (object) => new Promise((done, fail) => { object.onopen = () => done(object); object.onerror = fail; });
  const address = new URL(path, location.href);
  const sockets = [1, 2].map(() => open(new WebSocket(address.href.replace("http", "ws"))));
  return Promise.all([...sockets, open(new EventSource(address))]).then((clients) => void (window.clients = clients));
}"""


def shown(page, name):
    return int(page.get_by_test_id(name).inner_text().replace(",", ""))


def test_console_is_alive(open_page, server, channel):
    """Sockets and streams come, messages flow, and all leave again."""
    page = open_page("/_halley/console", color_scheme="dark")
    refused = []
    page.on("console", lambda message: refused.append(message.text))
    page.reload()
    expect(page.get_by_test_id("state")).to_have_text("Serving")
    sockets, published, delivered = (shown(page, name) for name in ("webSockets", "publishedTotal", "deliveredTotal"))
    other = open_page("/_halley/halley.d.ts")
    other.evaluate(CLIENTS, f"/hub/{channel}")
    expect(page.get_by_test_id("webSockets")).to_have_text(str(sockets + 2))
    page.wait_for_function("() => Number(document.querySelector('[data-testid=eventStreams]').textContent) > 0")
    # Many more than the clock publishes meanwhile.
    for _ in range(200):
        server.publish(channel, "x")
    assert eventually(lambda: shown(page, "publishedTotal") >= published + 200)
    assert eventually(lambda: shown(page, "deliveredTotal") >= delivered + 600)
    drawn = page.locator("[data-spark=http] .line").get_attribute("d").count("L")
    page.wait_for_function(
        "(count) => document.querySelector('[data-spark=http] .line').getAttribute('d').split('L').length > count + 1",
        arg=drawn)
    for width in (1200, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    other.evaluate("window.clients.forEach((client) => client.close())")
    expect(page.get_by_test_id("webSockets")).to_have_text(str(sockets))
    # Nothing was refused by the policy of the page.
    assert not refused


def test_console_says_why_it_shows_nothing(open_page, server):
    page = open_page("/_halley/console")
    expect(page.get_by_test_id("state")).to_have_text("Serving")
    page.route("**/_halley/health", lambda route: route.abort())
    expect(page.get_by_test_id("state")).to_have_text("No answer")
    page.unroute("**/_halley/health")
    page.route("**/_halley/health", lambda route: route.fulfill(status=403, body='{"error":"operations"}'))
    expect(page.get_by_test_id("state")).to_have_text("Not shown to this address")
