"""Firefox, driven over Marionette, its own protocol: JSON with a length before it, over TCP.

https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html"""

import base64
import json
import os
import signal
import socket
import subprocess

from lib.waiting import await_condition, deadline_s

# Ports of its own choice, names that lead here alone, nothing asked of anybody: no updates, no
# remote settings, no telemetry, no portal, and no root that the machine trusts.
PREFERENCES = {
    "marionette.port": 0,
    "network.dns.forceResolve": "127.0.0.1",
    "network.proxy.type": 0,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "security.enterprise_roots.enabled": False,
    "security.OCSP.enabled": 0,
    "app.update.disabledForTesting": True,
    "app.normandy.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.safebrowsing.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "browser.newtabpage.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.server": "data:,",
}


class MarionetteError(Exception):
    """What Firefox could not do: its kind ("insecure certificate", …) and its words."""

    def __init__(self, kind, message):
        super().__init__(f"{kind}: {message}")
        self.kind = kind


class Marionette:
    """One Firefox with a profile of its own, which may be there already."""

    def __init__(self, folder, wrap=(), profile=None):
        profile = profile or folder / "profile"
        profile.mkdir(parents=True, exist_ok=True)
        (profile / "user.js").write_text("".join(
            f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
            for name, value in PREFERENCES.items()))
        self._log_path = folder / "log"
        self._port_path = profile / "MarionetteActivePort"
        self._port_path.unlink(missing_ok=True)
        self._socket, self._unread, self._number = None, b"", 0
        environment = {**os.environ, "HOME": str(folder), "TMPDIR": str(folder),
                       "XDG_CONFIG_HOME": str(folder / "config"),
                       "XDG_CACHE_HOME": str(folder / "cache"), "MOZ_CRASHREPORTER_DISABLE": "1"}
        with open(self._log_path, "wb") as log:
            self._process = subprocess.Popen(
                [*wrap, "firefox-esr", "--headless", "--marionette", "--remote-allow-system-access",
                 "--no-remote", "--profile", str(profile)], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env=environment, start_new_session=True)
        try:
            port = await_condition("Firefox listens", self._port, within_s=90)
            self._socket = socket.create_connection(("127.0.0.1", port), timeout=deadline_s(60))
            self._receive()  # says which protocol it speaks
            self.ask("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {
                "acceptInsecureCerts": False}}})
        except BaseException:
            self.close()
            raise

    def close(self):
        if self._socket:
            self._socket.close()
        try:
            os.killpg(self._process.pid, signal.SIGKILL)  # its profile goes with it
        except ProcessLookupError:
            pass
        self._process.wait()

    def _port(self):
        assert self._process.poll() is None, f"Firefox ended: {self._log_path.read_text()}"
        if not self._port_path.exists():
            return None
        said = self._port_path.read_text().strip()
        return int(said) if said else None

    def _more(self):
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError(f"Firefox closed: {self._log_path.read_text()}")
        self._unread += data

    def _receive(self):
        while b":" not in self._unread:
            self._more()
        size, _, self._unread = self._unread.partition(b":")
        while len(self._unread) < int(size):
            self._more()
        message, self._unread = self._unread[:int(size)], self._unread[int(size):]
        return json.loads(message)

    def ask(self, command, parameters=None):
        self._number += 1
        message = json.dumps([0, self._number, command, parameters or {}]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _, number, error, result = self._receive()
        assert number == self._number
        if error:
            raise MarionetteError(error["error"], error["message"])
        return result

    # ---- what a person does

    def open(self, url):
        """MarionetteError "insecure certificate": a warning stands in the page's place."""
        self.ask("WebDriver:Navigate", {"url": url})

    def screenshot(self, path):
        """The whole page, also what one would have to scroll to."""
        taken = self.ask("WebDriver:TakeScreenshot", {"full": True})
        path.write_bytes(base64.b64decode(taken["value"]))

    def run(self, script, *arguments, chrome=False):
        """A script's value: the page's own, or with all of Firefox' rights."""
        self.ask("Marionette:SetContext", {"value": "chrome" if chrome else "content"})
        try:
            return self.ask("WebDriver:ExecuteScript", {
                "script": script, "args": list(arguments),
                "sandbox": "system" if chrome else None})["value"]
        finally:
            if chrome:
                self.ask("Marionette:SetContext", {"value": "content"})
