"""The gallery in Chromium: every card that runs becomes live, shows each message once and in order, and says so when not."""

import http.client

import pytest
from playwright.sync_api import expect

from server import Server, free_port

PATIENCE = 60_000  # an upper limit for loaded machines; nothing waits so long when all is well


@pytest.fixture(scope="module")
def gallery():
    """A server whose gallery may be read from its own other name, directly and over a link."""
    port, link_port = free_port(), free_port()
    names = [f"http://{name}:{number}" for name in ("127.0.0.1", "localhost") for number in (port, link_port)]
    config = f'''
sites:
  Gallery:
    cors.origins: [{', '.join(names)}]
    routes:
      /gallery/nobody: {{ cors.origins: ["null"] }}
'''
    with Server(config, port=port) as running:
        running.link_port = link_port
        yield running


def opened(open_page, gallery, origin=None, **options):
    """The gallery with all its cards running and each attached at least once."""
    page = open_page("/", origin=origin or gallery.origin, **options)
    page.get_by_test_id("all").click()
    expect(shared(page).first).to_be_visible()
    for number in range(shared(page).count()):
        expect(shared(page).nth(number).get_by_test_id("cursor")).not_to_have_text("cursor –", timeout=PATIENCE)
    return page


def shared(page):
    """The cards on the shared channel."""
    return page.locator("[data-shared]")


def card(page, slug):
    return page.get_by_test_id(f"card-{slug}")


def publish(page, count):
    """Publishes by the page and waits until every card has everything."""
    before = int(page.get_by_test_id("summary").inner_text().split()[0].replace("Nothing", "0"))
    for _ in range(count // 20):
        page.get_by_test_id("publish-20").click()
    for _ in range(count % 20):
        page.get_by_test_id("publish").click()
    cards = shared(page).count()
    expect(page.get_by_test_id("summary")).to_have_text(
        f"{before + count} published; {cards} of {cards} running cards have them all", timeout=PATIENCE)


def all_say(page, verdict):
    expect(page.locator(f'[data-shared][data-verdict="{verdict}"]')).to_have_count(shared(page).count())


def test_every_card_shows_every_message_once(open_page, gallery):
    page = opened(open_page, gallery)
    assert shared(page).count() == 17
    publish(page, 20)
    all_say(page, "good")
    assert set(shared(page).get_by_test_id("messages").all_inner_texts()) == {"20"}
    assert len(set(shared(page).get_by_test_id("cursor").all_inner_texts())) == 1
    for name in ("missed", "repeated", "resets"):
        assert set(shared(page).get_by_test_id(name).all_inner_texts()) == {"0"}
    # What the techniques cost: the counters count.
    assert int(card(page, "websocket").get_by_test_id("requests").inner_text()) == 1
    assert int(card(page, "short-poll").get_by_test_id("requests").inner_text()) > 1
    assert "0" not in shared(page).get_by_test_id("latency").all_inner_texts()


def test_the_network_switch(open_page, gallery):
    """Whatever the page's own network does, no card loses, doubles or reorders a message."""
    page = opened(open_page, gallery)
    publish(page, 2)
    page.get_by_test_id("cut").click()
    publish(page, 3)
    all_say(page, "good")

    page.get_by_label("Off").check()
    expect(card(page, "websocket").get_by_test_id("state")).to_contain_text("No network")
    publish_unheard(page, 3, 8)
    page.get_by_label("Works").check()
    publish(page, 1)
    all_say(page, "good")

    page.get_by_label("Drops").check()
    publish_unheard(page, 6, 15)
    expect(page.get_by_test_id("trace").filter(has_text="lost on the way").first).to_be_visible(timeout=PATIENCE)
    page.get_by_label("Delays").check()
    publish_unheard(page, 4, 19)
    page.get_by_label("Works").check()
    publish(page, 1)
    all_say(page, "good")
    assert set(shared(page).get_by_test_id("messages").all_inner_texts()) == {"20"}


def publish_unheard(page, count, total):
    """Publishes without waiting for the cards."""
    for _ in range(count):
        page.get_by_test_id("publish").click()
    expect(page.get_by_test_id("summary")).to_contain_text(f"{total} published", timeout=PATIENCE)


def test_a_real_cut(open_page, gallery, make_link):
    """The connections between browser and server are reset, and new ones refused for a while."""
    link = make_link(gallery, gallery.link_port)
    page = opened(open_page, gallery, origin=link.origin)
    publish(page, 1)
    link.cut()
    expect(card(page, "websocket").get_by_test_id("state")).to_have_attribute("data-state", "waiting")
    other = open_page("/", origin=gallery.origin)
    other.get_by_test_id("publish").click()
    expect(other.get_by_test_id("summary")).to_contain_text("1 published")
    link.mend()
    publish(page, 1)
    all_say(page, "good")
    assert set(shared(page).get_by_test_id("messages").all_inner_texts()) == {"3"}


def test_a_fault_turns_the_card_red(open_page, gallery):
    """The check can fail: a message is lost, doubled or swapped between transport and card."""
    page = open_page("/", origin=gallery.origin, viewport={"width": 1200, "height": 1600})
    faults = {"long-poll": ("lost", "1 lost before"), "iframe-poll": ("doubled", "came twice"),
              "iframe-poll-serial": ("swapped", "1 lost before")}
    for slug in ("short-poll", *faults):
        expect(card(page, slug).get_by_test_id("cursor")).not_to_have_text("cursor –", timeout=PATIENCE)
    for slug, (fault, _) in faults.items():
        card(page, slug).get_by_text("Does the check work?").click()
        card(page, slug).get_by_test_id(f"spoil-{fault}").click()
    page.get_by_test_id("publish-20").click()
    for slug, (_, words) in faults.items():
        expect(card(page, slug)).to_have_attribute("data-verdict", "bad", timeout=PATIENCE)
        expect(card(page, slug).get_by_test_id("verdict")).to_contain_text(words)
    expect(card(page, "short-poll")).to_have_attribute("data-verdict", "good", timeout=PATIENCE)
    expect(page.get_by_test_id("summary")).to_contain_text("3 with a fault")


def test_a_reset_is_shown(open_page, gallery):
    """Away for longer than the history reaches back."""
    page = open_page("/", origin=gallery.origin)
    one = card(page, "long-poll")
    expect(one.get_by_test_id("cursor")).not_to_have_text("cursor –", timeout=PATIENCE)
    one.get_by_test_id("hold").click()
    expect(one.get_by_test_id("state")).to_have_text("Held")
    for _ in range(11):  # the history holds 200
        page.get_by_test_id("publish-20").click()
    expect(page.get_by_test_id("summary")).to_contain_text("220 published", timeout=PATIENCE)
    one.get_by_test_id("hold").click()
    expect(one).to_have_attribute("data-verdict", "reset", timeout=PATIENCE)
    expect(one.get_by_test_id("trace")).to_contain_text("reset (expired)")
    page.get_by_test_id("publish").click()
    expect(one.get_by_test_id("verdict")).to_have_text("reset told, complete since")


def choose(page, way):
    """Changes all cards that have two tabs to one of them."""
    page.get_by_test_id(f"tab-{way}").evaluate_all("tabs => tabs.forEach((tab) => tab.click())")


def test_by_hand_and_by_the_client(open_page, gallery):
    """The second tab runs halley.js with the same transport, goes on from the same place, over the same bad network."""
    page = opened(open_page, gallery)
    both = shared(page).filter(has=page.get_by_test_id("tab-library"))
    assert both.count() == 9
    publish_unheard(page, 2, 2)
    choose(page, "library")
    publish(page, 3)
    expect(card(page, "websocket").get_by_test_id("state")).to_have_text("Live over WebSocket")
    expect(card(page, "short-poll").get_by_test_id("state")).to_have_text("Live over long-poll")
    assert page.locator('iframe[src="/library/stage.html"]').count() > 0
    card(page, "websocket").get_by_test_id("card-publish").click()
    expect(card(page, "websocket").get_by_test_id("trace")).to_contain_text('→ {"type":"publish"')
    publish_unheard(page, 0, 6)

    page.get_by_test_id("cut").click()
    publish_unheard(page, 2, 8)
    page.get_by_label("Off").check()
    expect(card(page, "websocket").get_by_test_id("state")).to_contain_text("Connection lost; trying again")
    publish_unheard(page, 3, 11)
    page.get_by_label("Works").check()
    publish(page, 1)
    page.get_by_label("Drops").check()
    publish_unheard(page, 6, 18)
    expect(both.get_by_test_id("trace").filter(has_text="lost on the way").first).to_be_visible(timeout=PATIENCE)
    page.get_by_label("Delays").check()
    # To and fro while messages are on their way.
    for way in ("hand", "library", "hand", "library", "hand"):
        page.get_by_test_id("publish").click()
        choose(page, way)
    publish_unheard(page, 0, 23)
    page.get_by_label("Works").check()
    publish(page, 1)
    expect(card(page, "websocket").get_by_test_id("state")).to_have_text("Live")
    all_say(page, "good")
    for name, figure in (("messages", "24"), ("missed", "0"), ("repeated", "0"), ("resets", "0")):
        assert set(shared(page).get_by_test_id(name).all_inner_texts()) == {figure}


def test_tabs_of_a_card(open_page, gallery):
    """By keyboard and for screen readers; each shows its code, and the check sees the client's faults too."""
    page = open_page("/", origin=gallery.origin)
    one = card(page, "long-poll")
    hand, library = one.get_by_role("tab", name="By hand"), one.get_by_role("tab", name="halley.js")
    expect(hand).to_have_attribute("aria-selected", "true")
    expect(one.get_by_role("tabpanel", name="By hand")).to_be_visible()
    hand.focus()
    for key, chosen, other in (("ArrowRight", library, hand), ("ArrowRight", hand, library), ("End", library, hand),
                               ("Home", hand, library), ("ArrowLeft", library, hand)):
        page.keyboard.press(key)
        expect(chosen).to_be_focused()
        expect(chosen).to_have_attribute("aria-selected", "true")
        assert [tab.get_attribute("tabindex") for tab in (chosen, other)] == ["0", "-1"]
    panel = one.get_by_role("tabpanel", name="halley.js")
    expect(panel).to_contain_text("The network switch acts on its fetch")
    panel.get_by_text("Page code").click()
    expect(panel.locator("pre")).to_contain_text('new Halley("/gallery/feed", { transports: "poll" })')
    expect(one.get_by_role("tabpanel")).to_have_count(1)
    expect(one.get_by_test_id("state")).to_have_text("Live over long-poll")
    page.get_by_test_id("publish").click()
    expect(one).to_have_attribute("data-verdict", "good")
    one.get_by_text("Does the check work?").click()
    one.get_by_test_id("spoil-lost").click()
    page.get_by_test_id("publish-20").click()
    expect(one).to_have_attribute("data-verdict", "bad")
    expect(one.get_by_test_id("verdict")).to_contain_text("1 lost before")


def test_chat_over_long_poll_alone(open_page, gallery):
    """Two pages, one with the bare object and one with the client."""
    pages = [open_page("/", origin=gallery.origin) for _ in range(2)]
    for page in pages:
        card(page, "webchat").scroll_into_view_if_needed()
        expect(card(page, "webchat").get_by_test_id("state")).to_have_text("Live")
    card(pages[1], "webchat").get_by_test_id("tab-library").click()
    expect(card(pages[1], "webchat").get_by_test_id("state")).to_have_text("Live over long-poll")
    for page, text in ((pages[0], "by hand <b>"), (pages[1], "by the client")):
        card(page, "webchat").get_by_test_id("line").fill(text)
        card(page, "webchat").get_by_test_id("line").press("Enter")
        for reader in pages:
            name = "You" if reader is page else "Somebody at the gallery"
            expect(card(reader, "webchat").get_by_test_id("lines").locator("li").last).to_have_text(f"{name} {text}")
    for page in pages:
        expect(card(page, "webchat")).to_have_attribute("data-verdict", "good")
        assert "transport=poll" in card(page, "webchat").get_by_test_id("trace").inner_text()


def test_every_behaviour_is_as_promised(open_page, gallery):
    """All demonstrations at once: each plays its case on a channel of its own and checks it."""
    page = open_page("/", origin=gallery.origin)
    buttons = page.get_by_test_id("run")
    assert buttons.count() == 26
    buttons.evaluate_all("buttons => buttons.forEach((button) => button.click())")
    for number in range(buttons.count()):
        one = page.locator("[data-trial]").nth(number)
        expect(one.get_by_test_id("run")).to_have_text("Show it again", timeout=PATIENCE)
        assert one.get_attribute("data-verdict") == "good", one.inner_text()
    # What a browser may be unable to show, Chromium can.
    expect(card(page, "inner-network").get_by_test_id("steps")).to_contain_text("leads to this server as well")


def test_only_listed_names_are_served(gallery):
    """What the card's demonstration cannot read: the status of the refusal."""
    for name, status in (("localhost", 200), ("127.0.0.1", 200), ("router.localhost", 421)):
        connection = http.client.HTTPConnection(gallery.host, gallery.port, timeout=10)
        connection.request("GET", "/_halley/halley.mjs", headers={"Host": f"{name}:{gallery.port}"})
        assert connection.getresponse().status == status
        connection.close()


def test_what_cannot_run_says_why(open_page, gallery):
    page = open_page("/", origin=gallery.origin)
    for slug in ("hixie", "flash", "sockjs", "socketio"):
        expect(card(page, slug).get_by_test_id("reason")).not_to_be_empty()


def test_only_what_is_seen_runs(open_page, gallery):
    page = open_page("/", origin=gallery.origin)
    expect(card(page, "short-poll").get_by_test_id("state")).to_have_text("Live")
    expect(card(page, "websocket").get_by_test_id("state")).to_have_text("Not started")
    card(page, "websocket").scroll_into_view_if_needed()
    expect(card(page, "websocket").get_by_test_id("state")).to_have_text("Live")
    expect(card(page, "short-poll").get_by_test_id("state")).to_have_text("Paused: not in view")


def test_on_a_phone(open_page, gallery):
    page = open_page(
        "/", origin=gallery.origin, viewport={"width": 390, "height": 844}, is_mobile=True, color_scheme="dark",
        reduced_motion="reduce")
    card(page, "short-poll").scroll_into_view_if_needed()
    expect(card(page, "short-poll").get_by_test_id("state")).to_have_text("Live")
    page.get_by_test_id("publish").click()
    expect(card(page, "short-poll")).to_have_attribute("data-verdict", "good")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
    card(page, "short-poll").get_by_test_id("tab-library").click()
    panel = card(page, "short-poll").get_by_role("tabpanel")
    panel.get_by_text("Page code").click()
    expect(panel.locator("pre")).to_be_visible()
    assert panel.evaluate("(panel) => panel.scrollWidth <= panel.clientWidth"), "nor out of a tab"
