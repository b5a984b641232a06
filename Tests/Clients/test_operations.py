"""What operators see: metrics as a collector reads them, and who may see them."""

import re

from server import Server, eventually
from test_curl import curl, curl_head
from wire import Wire, handshake, request

NAME = re.compile(r"halley_[a-z_]+")
NUMBER = re.compile(r"\d+(\.\d+)?")
SSE = ["Accept: text/event-stream"]
GAUGES = ("detached_connections", "websockets", "event_streams", "held_polls", "subscribers", "feeds", "queued_bytes",
          "input_bytes", "handlers")


def scrape(server):
    """Every line of the metrics, parsed by the rules of text format 0.0.4: {name without halley_: number}."""
    status, fields, body = curl_head(server.url("/_halley/metrics"))
    assert (status, fields["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert fields["cache-control"] == "no-store" and body.endswith("\n")
    values, told = {}, None
    for line in body.splitlines():
        words = line.split(" ")
        if line.startswith("# HELP "):
            told = words[2]
            assert NAME.fullmatch(told) and len(words) > 4 and told[7:] not in values, line
        elif line.startswith("# TYPE "):
            kind = "counter" if told.endswith("_total") else "gauge"
            assert words[2:] == [told, kind], line
        else:
            name, value = words
            assert name == told and NUMBER.fullmatch(value), line
            values[name[7:]] = float(value)
    return values


def test_metrics_rise_and_fall(server, channel):
    before = scrape(server)
    assert set(GAUGES) < set(before)
    hub = f"/hub/{channel}"
    clients = [Wire(server) for _ in range(6)]
    for client in clients[:2]:
        client.send(handshake(server, hub))
    for client in clients[2:5]:
        client.send(request(server, hub, fields=SSE))
    for client in clients[:5]:
        client.response_head()
    clients[5].send(request(server, hub))

    def held():
        now = scrape(server)
        return [now[name] - before[name] for name in ("websockets", "event_streams", "held_polls", "subscribers")]

    assert eventually(lambda: held() == [2, 3, 1, 6]), held()
    server.publish(channel, "x")
    assert clients[5].response().status == 200
    for _ in range(49):
        server.publish(channel, "x")
    now = scrape(server)
    # The clock publishes each second, to nobody.
    assert 50 <= now["messages_published_total"] - before["messages_published_total"] < 70
    assert eventually(lambda: scrape(server)["messages_delivered_total"] - before["messages_delivered_total"] == 251)
    assert now["connections_accepted_total"] - before["connections_accepted_total"] >= 6
    assert now["process_open_descriptors"] - before["process_open_descriptors"] >= 6
    assert now["process_resident_memory_bytes"] > 1 << 20
    assert now["process_start_time_seconds"] == before["process_start_time_seconds"]
    for client in clients:
        client.socket.close()
    gone = {}
    assert eventually(lambda: gone.update(scrape(server)) or not any(gone[name] for name in GAUGES)), gone


def test_refused_requests_are_counted(server):
    before = scrape(server)["requests_refused_total"]
    with Wire(server) as wire:
        wire.send(b"GET / HTTP/1.1\r\nHost : a\r\n\r\n")
        assert wire.response().status == 400
    assert scrape(server)["requests_refused_total"] == before + 1


def test_pages_are_for_this_machine_only():
    for flags, status in [(["--proxies", "127.0.0.1"], 403), (["--operations-from", "192.0.2.0/24"], 200)]:
        with Server(flags=["--threads", "1", *flags], awaits="/_halley/halley.js") as other:
            for page in ("health", "metrics", "console"):
                url = other.url(f"/_halley/{page}")
                assert curl_head(url)[0] == status
                assert curl_head("-H", "X-Forwarded-For: 192.0.2.7", url)[0] == 403
                assert curl("-H", "Via: 1.1 proxy", url) == '{"error":"operations"}'
