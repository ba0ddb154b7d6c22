"""A real Chromium, driven over WebDriver (W3C), which is plain HTTP and JSON."""

import base64
import json
import os
import re
import subprocess
import urllib.error
import urllib.request

from lib.waiting import await_condition, deadline_s

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the specification's name for a reference
PORT_TAKEN = -1
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Escape": "\ue00c"}

ARGUMENTS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--window-size=1200,900", "--no-proxy-server",
    "--host-resolver-rules=MAP * 127.0.0.1",
]


class WebDriverError(Exception):
    """What the driver could not do, in its words."""


class Browser:
    """One window with a profile of its own. Whatever the server shows is trusted."""

    def __init__(self, folder, languages="en", dark=False, insecure=True, size=None):
        folder.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config"),
                       "XDG_CACHE_HOME": str(folder / "cache")}
        self.log_path = folder / "chromedriver.log"
        self.process = self.session = None
        try:
            port = None
            for _ in range(10):  # it asks for a free port on ::1 and may find it taken on 127.0.0.1
                self._start_driver(environment)
                port = await_condition("chromedriver listens", self._port, within_s=30)
                if port != PORT_TAKEN:
                    break
            assert port != PORT_TAKEN, "chromedriver finds no port"
            self.base = f"http://127.0.0.1:{port}"
            arguments = [*ARGUMENTS, f"--user-data-dir={folder / 'profile'}"]
            if dark:
                arguments.append("--force-dark-mode")
            if size:
                arguments.append(f"--window-size={size[0]},{size[1]}")
            made = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": {
                "browserName": "chrome", "acceptInsecureCerts": insecure,
                "goog:chromeOptions": {
                    "args": arguments, "binary": "/usr/bin/chromium",
                    "prefs": {"intl.accept_languages": languages,
                              "intl.selected_languages": languages}},
                "goog:loggingPrefs": {"performance": "ALL", "browser": "ALL"}}}})
            self.session = made["sessionId"]
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _start_driver(self, environment):
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(["chromedriver", "--port=0"], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, env=environment)

    def _port(self):
        ended = self.process.poll() is not None
        said = self.log_path.read_text(errors="replace")
        if ended and "port not available" in said:
            return PORT_TAKEN
        assert not ended, f"chromedriver ended: {said}"
        started = re.search(r"started successfully on port (\d+)", said)
        return started and int(started[1])

    def _ask(self, method, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.base + path, data=data, method=method, headers={
            "Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=deadline_s(60)) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as failed:
            told = json.load(failed)["value"]
            raise WebDriverError(f"{told['error']}: {told['message']}") from None

    def ask(self, method, path, body=None):
        return self._ask(method, f"/session/{self.session}{path}", body)

    def close(self):
        if self.session:
            try:
                self.ask("DELETE", "")
            except (OSError, WebDriverError):
                pass
        if self.process:
            self.process.terminate()
            self.process.wait()

    # ---- what a person does

    def open(self, url):
        self.ask("POST", "/url", {"url": url})

    def warning(self):
        """The error's name on the page that warns of a certificate, or None if there is none."""
        found = re.search(r"(NET::)?ERR_CERT_\w+", self.ask("GET", "/source"))
        return found and found[0].removeprefix("NET::")

    def go_on_all_the_same(self):
        """Clicks through the warning, as people do."""
        self.click("#details-button")
        self.click("#proceed-link")
        await_condition("the page is there", lambda: self.warning() is None)

    def press(self, *keys):
        """Keys by name, or text to type, without pointing at anything."""
        actions = []
        for key in keys:
            for character in [KEYS[key]] if key in KEYS else key:
                actions += [{"type": "keyDown", "value": character},
                            {"type": "keyUp", "value": character}]
        self.ask("POST", "/actions", {"actions": [
            {"type": "key", "id": "keyboard", "actions": actions}]})

    def find(self, selector):
        return self.ask("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def find_all(self, selector):
        return [found[ELEMENT] for found in
                self.ask("POST", "/elements", {"using": "css selector", "value": selector})]

    def click(self, selector):
        self.ask("POST", f"/element/{self.find(selector)}/click", {})

    def type(self, selector, text):
        self.ask("POST", f"/element/{self.find(selector)}/value", {"text": text})

    def text(self, selector="body"):
        return self.ask("GET", f"/element/{self.find(selector)}/text")

    def focused(self):
        """What the keyboard is on: its tag and id or text."""
        return self.run("const e = document.activeElement;"
                        "return [e.tagName.toLowerCase(), e.id || e.textContent.trim()]")

    def run(self, script, *arguments):
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    @property
    def url(self):
        return self.ask("GET", "/url")

    @property
    def title(self):
        return self.ask("GET", "/title")

    def accessible_name(self, selector):
        return self.ask("GET", f"/element/{self.find(selector)}/computedlabel")

    def role(self, selector):
        return self.ask("GET", f"/element/{self.find(selector)}/computedrole")

    def screenshot(self, path):
        """The whole page, also what one would have to scroll to."""
        taken = self.ask("POST", "/goog/cdp/execute", {
            "cmd": "Page.captureScreenshot", "params": {"captureBeyondViewport": True}})
        path.write_bytes(base64.b64decode(taken["data"]))

    # ---- what it noticed

    def complaints(self):
        """The console's warnings and errors since asked last: a broken Content-Security-Policy
        shows here."""
        return [entry["message"] for entry in self.ask("POST", "/se/log", {"type": "browser"})
                if entry["level"] in ("WARNING", "SEVERE")]

    def requests(self):
        """Every request it made since asked last: (URL, method, body or None)."""
        made = []
        for entry in self.ask("POST", "/se/log", {"type": "performance"}):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                request = message["params"]["request"]
                made.append((request["url"], request["method"], request.get("postData")))
        return made
