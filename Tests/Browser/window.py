"""A window of Chromium that can be hidden as people hide one: minimised, or by another tab in front. Pages of the other
tests cannot: Playwright keeps them all visible. So this one is driven by chromedriver, in plain WebDriver."""

import json
import os
import re
import shutil
import subprocess
import urllib.request

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


class Window:
    """One browser with one window; every call is about its current tab."""

    def __init__(self):
        driver = shutil.which("chromedriver")
        assert driver, "chromedriver is missing; the package chromium-driver has it"
        self.driver = subprocess.Popen(
            [driver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        ports = (re.search(r"successfully on port (\d+)", line) for line in self.driver.stdout)
        self.root = f"http://127.0.0.1:{next(found[1] for found in ports if found)}/session"
        chrome = {"binary": CHROMIUM, "args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage"]}
        session = self._ask("POST", "", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": chrome, "timeouts": {"script": 30_000}}}})
        self.root += "/" + session["sessionId"]

    def goto(self, url):
        self._ask("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """The value of an expression, awaited if it is a promise."""
        return self._ask("POST", "/execute/sync", {"script": f"return {script}", "args": arguments})

    def until(self, condition, *arguments):
        """Waits until an expression is true; returns its value."""
        return self.run(
            f"new Promise((done) => {{ const look = () => {{ const value = ({condition}); "
            "if (value) done(value); else setTimeout(look, 20); }; look(); })", *arguments)

    # --- what its user does ---

    def minimise(self):
        self._ask("POST", "/window/minimize", {})

    def restore(self):
        self._ask("POST", "/window/rect", {"x": 0, "y": 0, "width": 1200, "height": 800})

    def new_tab(self):
        """Opens a tab behind the current one; returns its handle."""
        return self._ask("POST", "/window/new", {"type": "tab"})["handle"]

    @property
    def tab(self):
        return self._ask("GET", "/window")

    @tab.setter
    def tab(self, handle):
        """Brings a tab to the front; it is the current one from then on."""
        self._ask("POST", "/window", {"handle": handle})

    def freeze(self, frozen):
        """What the browser itself does with pages that have been hidden for long: no script runs, no timer."""
        self._ask("POST", "/goog/cdp/execute", {
            "cmd": "Page.setWebLifecycleState", "params": {"state": "frozen" if frozen else "active"}})

    def close(self):
        try:
            self._ask("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait(10)
            self.driver.stdout.close()

    def _ask(self, method, path, body=None):
        request = urllib.request.Request(
            self.root + path, method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {json.load(error)['value']['message']}") from error
