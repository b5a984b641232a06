"""halley.js, its module and its types, as every server offers them."""

import gzip
import urllib.error
import urllib.request

import pytest


def fetch(server, name, method="GET", **fields):
    request = urllib.request.Request(
        server.url(f"/_halley/{name}"), method=method,
        headers={field.replace("_", "-"): value for field, value in fields.items()})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


@pytest.mark.parametrize("name, kind", [
    ("halley.js", "text/javascript"), ("halley.mjs", "text/javascript"), ("halley.d.ts", "text/plain")])
def test_client_file(server, name, kind):
    status, fields, plain = fetch(server, name)
    assert status == 200 and b"Halley" in plain
    assert fields["Content-Type"] == f"{kind}; charset=utf-8"
    assert fields["X-Content-Type-Options"] == "nosniff"
    assert fields["Access-Control-Allow-Origin"] == "*"
    assert fields["Vary"] == "Accept-Encoding" and "Content-Encoding" not in fields
    status, packed_fields, packed = fetch(server, name, Accept_Encoding="br, gzip")
    assert packed_fields["Content-Encoding"] == "gzip" and gzip.decompress(packed) == plain
    assert packed_fields["ETag"] != fields["ETag"]
    assert fetch(server, name, Accept_Encoding="gzip;q=0")[2] == plain
    for answer in (fields, packed_fields):
        encoding = {"Accept_Encoding": "gzip"} if "Content-Encoding" in answer else {}
        status, unchanged, body = fetch(server, name, If_None_Match=answer["ETag"], **encoding)
        assert (status, body, unchanged["ETag"]) == (304, b"", answer["ETag"])
    status, head, body = fetch(server, name, "HEAD")
    assert (status, body, head["Content-Length"]) == (200, b"", str(len(plain)))


def test_other_methods_and_names(server):
    status, fields, _ = fetch(server, "halley.js", "POST")
    assert (status, fields["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert fetch(server, "halley.js", "OPTIONS")[0] == 204
    for name in ("halley", "Halley.js", "halley.js/x", "halley.css"):
        assert fetch(server, name)[0] == 404, name
