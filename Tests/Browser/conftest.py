"""A headless Chromium and pages in it; a script error on any page fails the test."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from link import Link

# A slow machine is not a failure.
expect.set_options(timeout=30_000)

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


def pytest_addoption(parser):
    parser.addoption("--screenshots", help="keep a picture of every page in this folder")
    parser.addoption("--picture", help="write the tracker's picture for the README to this file (.png or .jpg)")


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--headless=new", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, server, request, tmp_path):
    """open_page(path, origin, **context options): a page in a context of its own, as if on another machine."""
    folder = Path(request.config.getoption("--screenshots") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    contexts, errors = [], []

    def opened(path, origin=None, **options):
        context = browser.new_context(**{"viewport": {"width": 1200, "height": 800}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: errors.append(f"{path}: {error}"))
        page.goto((origin or server.origin) + path)
        return page

    yield opened
    for index, context in enumerate(contexts):
        for page in context.pages:
            page.screenshot(path=folder / f"{request.node.name.replace('/', '-')}-{index}.png", full_page=True)
        context.close()
    if not request.config.getoption("--screenshots"):
        shutil.rmtree(folder, ignore_errors=True)
    assert not errors, errors
    assert server.alive()


@pytest.fixture
def make_link():
    """make_link(server, port): a way to a server that a test can cut and mend, from a free port or a given one."""
    made = []

    def make(server, port=0):
        made.append(Link(server, port))
        return made[-1]

    yield make
    for link in made:
        link.stop()


@pytest.fixture
def link(server, make_link):
    """A way to the shared server that a test can cut and mend."""
    return make_link(server)


def live(page):
    """Waits until the page says it is connected."""
    page.locator('[data-testid=state][data-state=live]').first.wait_for()
    return page
