"""Chat, clock, hub and echo in Chromium."""

import re

import pytest
from playwright.sync_api import expect

from conftest import live

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
        expect_members(page, ["Ada", "Grace"])
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

def expect_members(page, names):
    """The members as the page shows them, in any order."""
    expect(page.get_by_test_id("count")).to_have_text(f"{len(names)} here")
    assert sorted(page.get_by_test_id("member").all_inner_texts()) == names


def test_chat_counts_people_not_tabs(open_page, channel, server):
    """Two tabs and two devices of one user are one member, who leaves with the last of them."""
    other = live(open_page(f"/chat/?room={channel}&name=Grace"))
    address = f"/chat/?room={channel}&name=Ada"
    first = live(open_page(address))
    second = first.context.new_page()
    second.goto(server.url(address))
    live(second)
    device = live(open_page(f"{address}&transport=sse"))
    for page in (other, first, second, device):
        expect_members(page, ["Ada", "Grace"])
    first.close()
    write(second, "still here")
    expect(texts(other)).to_have_text(["still here"])
    second.context.close()
    write(device, "here too")
    expect(texts(other)).to_have_text(["still here", "here too"])
    expect_members(other, ["Ada", "Grace"])
    expect(other.get_by_test_id("event")).to_have_text(["Ada joined"])
    device.context.close()
    expect(other.get_by_test_id("event")).to_have_text(["Ada joined", "Ada left"], timeout=30_000)
    expect_members(other, ["Grace"])


def test_chat_misses_a_page_that_polled(open_page, channel):
    """It stays between its polls, and is missed when no further one comes."""
    one = live(open_page(f"/chat/?room={channel}&name=Ada"))
    two = live(open_page(f"/chat/?room={channel}&name=Grace&transport=poll"))
    for number in range(3):
        write(two, f"line {number}")
        expect(texts(one)).to_have_count(number + 1)
    expect_members(one, ["Ada", "Grace"])
    expect(one.get_by_test_id("event")).to_have_text(["Grace joined"])
    two.context.close()
    expect(one.get_by_test_id("event")).to_have_text(["Grace joined", "Grace left"], timeout=30_000)
    expect_members(one, ["Ada"])


def test_chat_on_a_phone(open_page, channel):
    page = live(open_page(
        f"/chat/?room={channel}&name=Ada", viewport={"width": 390, "height": 844}, is_mobile=True))
    others = [live(open_page(f"/chat/?room={channel}&name={name}")) for name in ("Grace", "Edsger", "Barbara")]
    for author in others:
        write(author, "A line that is long enough to need more than one line on a phone, or so one hopes")
    expect(texts(page)).to_have_count(3)
    expect_members(page, ["Ada", "Barbara", "Edsger", "Grace"])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"


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


# --- clock, hub, echo ---

def test_clock(open_page):
    page = open_page("/clock/")
    for kind in ("websocket", "sse", "poll", "jsonp"):
        clock = page.get_by_test_id(f"clock-{kind}")
        expect(clock.get_by_test_id("state")).to_have_attribute("data-state", "live")
        expect(clock.get_by_test_id("updates")).to_have_text(re.compile(r"^([4-9]|\d\d+)$"))
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
