"""Chat, gallery, clock, hub and echo in Chromium."""

import json
import re

import pytest
from playwright.sync_api import expect

from conftest import live

CHANNEL_CARDS = ["websocket", "sse", "long-poll", "jsonp-poll", "short-poll"]


# --- chat ---

@pytest.mark.parametrize("first, second", [("websocket", "websocket"), ("sse", "poll"), ("poll", "poll"),
                                           ("jsonp", "auto")])
def test_chat(open_page, channel, first, second):
    one = live(open_page(f"/chat/?room={channel}&name=Ada&transport={first}"))
    write(one, "before the other came")
    two = live(open_page(f"/chat/?room={channel}&name=Grace&transport={second}"))
    expect(texts(two)).to_have_text(["before the other came"])
    expect(one.get_by_test_id("event").last).to_have_text("Grace joined")
    for page in (one, two):
        expect(page.get_by_test_id("present")).to_contain_text("Ada")
        expect(page.get_by_test_id("present")).to_contain_text("Grace")
    said = ["before the other came"]
    for number in range(4):
        page, text = (one, two)[number % 2], f"line {number} <b>&amp; \u2028 ☄"
        write(page, text)
        said.append(text)
        for reader in (one, two):
            expect(texts(reader)).to_have_count(len(said))
    for reader in (one, two):
        assert texts(reader).evaluate_all("nodes => nodes.map((node) => node.textContent)") == said
        assert reader.locator("#messages b").count() == 0
    two.context.close()
    expect(one.get_by_test_id("event").last).to_have_text("Grace left")


def write(page, text):
    page.get_by_test_id("text").fill(text)
    page.get_by_test_id("send").click()


def texts(page):
    return page.get_by_test_id("message-text")


def test_chat_rooms_are_apart(open_page, channel):
    one = live(open_page(f"/chat/?room={channel}&name=Ada"))
    two = live(open_page(f"/chat/?room={channel}-other&name=Grace"))
    write(one, "here")
    write(two, "there")
    expect(texts(one)).to_have_text(["here"])
    expect(texts(two)).to_have_text(["there"])
    two.get_by_test_id("room").fill(channel)
    two.get_by_test_id("room").press("Tab")
    expect(texts(two)).to_have_text(["here"])


# --- gallery ---

def card(page, slug):
    return page.get_by_test_id(f"card-{slug}")


def test_gallery_is_green_after_twenty_messages(open_page, channel):
    page = open_page(f"/?channel={channel}")
    for slug in CHANNEL_CARDS:
        expect(card(page, slug).get_by_test_id("state")).to_have_attribute("data-state", "live")
    page.get_by_test_id("publish-20").click()
    for slug in CHANNEL_CARDS:
        expect(card(page, slug).get_by_test_id("messages")).to_have_text("20", timeout=10_000)
        expect(card(page, slug)).to_have_attribute("data-verdict", "good")
    cursors = {card(page, slug).get_by_test_id("cursor").inner_text() for slug in CHANNEL_CARDS}
    assert len(cursors) == 1
    expect(page.get_by_test_id("summary")).to_have_text("20 published; 5 of 5 cards have them all")
    expect(card(page, "time-poll")).to_have_attribute("data-verdict", "good")
    assert int(card(page, "sse").get_by_test_id("requests").inner_text()) == 1
    assert int(card(page, "long-poll").get_by_test_id("requests").inner_text()) > 2


def test_gallery_stays_green_over_a_dropped_connection(open_page, link, channel):
    page = open_page(f"/?channel={channel}", origin=link.origin)
    for slug in CHANNEL_CARDS:
        expect(card(page, slug).get_by_test_id("state")).to_have_attribute("data-state", "live")
    page.get_by_test_id("publish").click()
    for slug in CHANNEL_CARDS:
        expect(card(page, slug).get_by_test_id("messages")).to_have_text("1", timeout=10_000)
    link.cut()
    for slug in CHANNEL_CARDS:
        expect(card(page, slug).get_by_test_id("state")).not_to_have_attribute("data-state", "live")
    other = open_page(f"/?channel={channel}")
    expect(card(other, "websocket").get_by_test_id("state")).to_have_attribute("data-state", "live")
    other.get_by_test_id("publish-20").click()
    expect(card(other, "websocket").get_by_test_id("messages")).to_have_text("20")
    link.mend()
    for slug in CHANNEL_CARDS:
        expect(card(page, slug).get_by_test_id("messages")).to_have_text("21", timeout=30_000)
        expect(card(page, slug)).to_have_attribute("data-verdict", "good")


@pytest.mark.parametrize("fault", ["lost", "swapped"])
def test_gallery_card_turns_red(open_page, channel, fault):
    """The check can fail: a poll's answer is changed on its way to the page."""
    page = open_page(f"/?channel={channel}")
    spoiled = []

    def spoil(route):
        answer = route.fetch()
        body = json.loads(answer.text())
        if len(body["messages"]) >= 2 and not spoiled:
            spoiled.append(True)
            body["messages"][:2] = [] if fault == "lost" else body["messages"][1::-1]
        route.fulfill(response=answer, body=json.dumps(body))

    page.route(re.compile(r"/hub/.*transport=poll.*hold=0"), spoil)
    expect(card(page, "websocket").get_by_test_id("state")).to_have_attribute("data-state", "live")
    page.wait_for_timeout(3500)  # now the short poll runs through the spoiler
    page.get_by_test_id("publish-20").click()
    expect(card(page, "short-poll")).to_have_attribute("data-verdict", "bad", timeout=10_000)
    assert "lost" in card(page, "short-poll").get_by_test_id("verdict").inner_text()
    expect(card(page, "websocket")).to_have_attribute("data-verdict", "good")


def test_gallery_other_origin(open_page):
    page = open_page("/")
    card(page, "cors").get_by_test_id("ask").click()
    results = card(page, "cors").get_by_test_id("results")
    expect(results).to_contain_text(re.compile(r"JSONP, other origin +\d{4}-"))
    expect(results).to_contain_text("fetch, other origin refused by the browser")
    expect(card(page, "cors")).to_have_attribute("data-verdict", "good")


def test_gallery_on_a_phone(open_page):
    page = open_page("/", viewport={"width": 390, "height": 844}, is_mobile=True, color_scheme="dark")
    expect(card(page, "websocket").get_by_test_id("state")).to_have_attribute("data-state", "live")
    page.get_by_test_id("publish").click()
    expect(card(page, "websocket")).to_have_attribute("data-verdict", "good")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"


# --- clock, hub, echo ---

def test_clock(open_page):
    page = open_page("/clock/")
    for kind in ("websocket", "sse", "poll", "jsonp"):
        clock = page.get_by_test_id(f"clock-{kind}")
        expect(clock.get_by_test_id("state")).to_have_attribute("data-state", "live")
        expect(clock.get_by_test_id("updates")).to_have_text(re.compile(r"^([4-9]|\d\d)$"))
        expect(clock.get_by_test_id("time")).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))
    pushed, polled = page.get_by_test_id("clock-websocket"), page.get_by_test_id("clock-poll")
    assert int(pushed.get_by_test_id("requests").inner_text()) == 1
    assert int(polled.get_by_test_id("requests").inner_text()) >= 4
    page.get_by_test_id("every").select_option("1000")
    for kind in ("fetch", "script"):
        expect(page.get_by_test_id(f"clock-{kind}").get_by_test_id("updates")).to_have_text(
            re.compile(r"^([3-9]|\d\d)$"))


def test_hub(open_page, server, channel):
    page = live(open_page(f"/hub/?channel={channel}&transport=sse"))
    page.get_by_test_id("text").fill('{"a":"<i>1</i>"}')
    page.get_by_test_id("publish").click()
    expect(page.get_by_test_id("answer")).to_contain_text("Published as ")
    expect(page.get_by_test_id("message").first).to_contain_text('{"a":"<i>1</i>"}')
    published = server.publish(channel, "from outside")
    expect(page.get_by_test_id("message").first).to_contain_text("from outside")
    expect(page.get_by_test_id("cursor")).to_have_text(published)


def test_echo(open_page, server):
    page = open_page("/")
    answer = page.goto(server.url("/echo/"))
    if answer.status != 200:
        pytest.skip(f"/echo/ is a WebSocket only here: {answer.status}")
    live(page)
    page.get_by_test_id("send").click()
    page.get_by_test_id("size-65536").click()
    page.get_by_test_id("size-1048576").click()
    expect(page.get_by_test_id("verdict")).to_have_text(["unchanged"] * 3)


# --- the client library ---

def test_auto_falls_back(open_page, server, channel):
    """Where WebSockets do not get through, event streams; where those do not either, streamed answers."""
    page = open_page("/")
    page.add_init_script("window.WebSocket = class { constructor() { throw new Error('not here'); } };")
    page.goto(server.url(f"/hub/?channel={channel}"))
    expect(page.get_by_test_id("state")).to_have_text("Live over server-sent events")
    page.add_init_script("window.EventSource = class { constructor() { throw new Error('not here'); } };")
    page.goto(server.url(f"/hub/?channel={channel}"))
    expect(page.get_by_test_id("state")).to_have_text("Live over a streamed answer")


def test_reset_is_told(open_page, server, channel):
    """Away for longer than the history lasts: the page hears that messages are missing, on every transport."""
    page = open_page("/")
    for transport in ("websocket", "sse", "stream", "poll", "jsonp"):
        page.evaluate(
            """async ([address, transport]) => {
              const { Halley } = await import("/_halley/halley.mjs");
              window.seen = [];
              window.feed = new Halley(address, { transports: transport, cursor: "zzzzzzzz-7" });
              feed.on("reset", ({ reason }) => seen.push(reason)).on("message", ({ data }) => seen.push(data));
            }""", [f"/hub/{channel}", transport])
        page.wait_for_function("window.seen.length === 1")
        server.publish(channel, f"after {transport}")
        page.wait_for_function("window.seen.length === 2")
        assert page.evaluate("seen") == ["epoch", f"after {transport}"]
        page.evaluate("feed.close()")
