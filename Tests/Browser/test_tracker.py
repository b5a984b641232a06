"""The tracker in Chromium with faked positions: pages see each other, and see each other move."""

import math
import time

import pytest
from playwright.sync_api import expect

from conftest import live

TRANSPORTS = {"websocket": "WebSocket", "sse": "server-sent events", "poll": "long-poll", "jsonp": "JSONP"}


def tracker(open_page, name, lat, lon, transport="", **options):
    """A page that is allowed to know its position."""
    page = open_page(
        f"/tracker/?name={name}" + (f"&transport={transport}" if transport else ""),
        geolocation={"latitude": lat, "longitude": lon}, permissions=["geolocation"], **options)
    return live(page)


def move(page, lat, lon):
    page.context.set_geolocation({"latitude": lat, "longitude": lon})


def row(page, name):
    return page.get_by_test_id("person").filter(has_text=name)


def expect_at(page, name, lat, lon):
    expect(row(page, name)).to_have_count(1)
    expect(row(page, name).get_by_test_id("lat")).to_have_text(f"{lat:.5f}", timeout=10_000)
    expect(row(page, name).get_by_test_id("lon")).to_have_text(f"{lon:.5f}", timeout=10_000)


@pytest.mark.parametrize("transport", ["", *TRANSPORTS], ids=lambda name: name or "auto")
def test_two_pages_see_each_other_move(open_page, transport):
    one, two = f"One-{transport or 'auto'}", f"Two-{transport or 'auto'}"
    first = tracker(open_page, one, 48.1372, 11.5755, transport)
    second = tracker(open_page, two, 48.1431, 11.5800, transport)
    words = TRANSPORTS[transport or "websocket"]
    for page in (first, second):
        expect(page.get_by_test_id("state")).to_have_text(f"Live over {words}")
        expect_at(page, one, 48.1372, 11.5755)
        expect_at(page, two, 48.1431, 11.5800)
    before = first.locator(f"[data-testid=mark]:has-text('{two}')").get_attribute("style")
    for step in (1, 2):
        move(first, 48.1372 + step / 1000, 11.5755)
        move(second, 48.1431, 11.5800 - step / 1000)
        for page in (first, second):
            expect_at(page, one, 48.1372 + step / 1000, 11.5755)
            expect_at(page, two, 48.1431, 11.5800 - step / 1000)
    assert first.locator(f"[data-testid=mark]:has-text('{two}')").get_attribute("style") != before
    expect(first.get_by_test_id("cursor")).to_have_text(second.get_by_test_id("cursor").inner_text())


def test_forced_transport_makes_no_other_connection(open_page, server):
    for transport, kinds in (("sse", {"eventsource"}), ("poll", {"fetch"}), ("jsonp", {"script"})):
        page = open_page("/assets/halley.svg")  # of the origin, and quiet; listeners first, then the tracker
        sockets, requests = [], []
        page.on("websocket", lambda socket: sockets.append(socket.url))
        page.on("request", lambda request: "/tracker/positions" in request.url and requests.append(
            request.resource_type))
        page.goto(server.url(f"/tracker/?transport={transport}"))
        live(page)
        assert sockets == [] and set(requests) == kinds


def test_late_page_sees_those_before(open_page):
    tracker(open_page, "Early", 48.2, 11.6)
    late = tracker(open_page, "Late", 48.21, 11.61, "poll")
    expect_at(late, "Early", 48.2, 11.6)


def test_change_of_transport_keeps_the_place(open_page):
    watcher = tracker(open_page, "Watcher", 48.3, 11.5)
    mover = tracker(open_page, "Mover", 48.3, 11.6)
    expect_at(watcher, "Mover", 48.3, 11.6)
    for step, transport in enumerate(["sse", "poll", "jsonp", "websocket"], start=1):
        watcher.get_by_test_id("transport").select_option(transport)
        move(mover, 48.3 + step / 1000, 11.6)
        expect(watcher.get_by_test_id("state")).to_have_text(f"Live over {TRANSPORTS[transport]}")
        expect_at(watcher, "Mover", 48.3 + step / 1000, 11.6)


def test_refused_permission(open_page):
    shown = tracker(open_page, "Shown", 48.4, 11.5)
    page = live(open_page("/tracker/?name=Shy", permissions=[]))
    deny(page)
    page.get_by_test_id("share").click()
    expect(page.get_by_test_id("notice")).to_contain_text("You have not allowed")
    expect(page.get_by_test_id("share")).to_have_text("Share my position")
    expect_at(page, "Shown", 48.4, 11.5)
    move(shown, 48.41, 11.5)
    expect_at(page, "Shown", 48.41, 11.5)
    assert row(shown, "Shy").count() == 0


def deny(page):
    session = page.context.new_cdp_session(page)
    session.send("Browser.setPermission", {
        "permission": {"name": "geolocation"}, "setting": "denied", "origin": page.evaluate("location.origin")})


def test_names_are_text(open_page):
    page = tracker(open_page, "%3Cimg%20src=x%3E", 48.5, 11.5)
    expect(row(page, "<img src=x>")).to_have_count(1)
    assert page.locator("#people img").count() == 0


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_cut_off_and_back(open_page, link, transport):
    """The page says so, comes back by itself, and has missed nothing."""
    away, roving = f"Away-{transport}", f"Roving-{transport}"
    watcher = tracker(open_page, away, 48.6, 11.5, transport, origin=link.origin)
    mover = tracker(open_page, roving, 48.6, 11.6)
    expect_at(watcher, roving, 48.6, 11.6)
    link.cut()
    expect(watcher.get_by_test_id("state")).not_to_have_attribute("data-state", "live")
    move(mover, 48.61, 11.6)
    expect_at(mover, roving, 48.61, 11.6)
    link.mend()
    live(watcher)
    expect_at(watcher, roving, 48.61, 11.6)


def test_phone(open_page):
    page = tracker(open_page, "Pocket", 48.7, 11.5, viewport={"width": 390, "height": 844}, is_mobile=True,
                   has_touch=True, device_scale_factor=2, color_scheme="dark")
    expect_at(page, "Pocket", 48.7, 11.5)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"


def test_picture_for_the_readme(open_page, request):
    """--picture FILE: six people, six trails, no leftovers of the other tests."""
    path = request.config.getoption("--picture")
    if not path:
        pytest.skip("run alone with --picture FILE")
    people = [("Ada", 48.1372, 11.5755, "websocket"), ("Edmond", 48.1426, 11.5800, "sse"),
              ("Caroline", 48.1402, 11.5680, "poll"), ("Tycho", 48.1348, 11.5870, "jsonp"),
              ("Vera", 48.1391, 11.5900, "websocket"), ("Johannes", 48.1340, 11.5700, "sse")]

    def on_a_circle(index, step):
        angle = index * 1.9 + step * 0.38
        return people[index][1] + 0.0011 * math.sin(angle), people[index][2] + 0.0017 * math.cos(angle)

    pages = [tracker(open_page, name, *on_a_circle(index, 0), transport)
             for index, (name, _, _, transport) in enumerate(people)]
    for step in range(1, 9):
        for index, page in enumerate(pages):
            move(page, *on_a_circle(index, step))
        time.sleep(2.2)
    time.sleep(1)
    kind = "jpeg" if path.endswith((".jpg", ".jpeg")) else "png"
    pages[0].screenshot(path=path, type=kind, **({"quality": 88} if kind == "jpeg" else {}))
