#!/usr/bin/env python3
"""Drives a headless Chromium over its DevTools pipe, with nothing but Python's own library.

    scripts/browser.py

obeys one JSON command a line from stdin, answering each with one JSON line:

    {"do": "open", "path": "..."}                   opens a file; {"value": seconds until it was loaded}
    {"do": "evaluate", "script": "..."}             {"value": ...}, or {"error": "..."} when it throws
    {"do": "click" | "move" | "drag", "x", "y"}     the pointer; drag also takes "toX", "toY"
    {"do": "key", "key": "Escape", "ctrl": false}   a key; {"do": "type", "text": "..."} writes
    {"do": "wait", "script": "..."}                 until the script's value is true
    {"do": "picture", "path": "x.png"}              a screenshot
    {"do": "scheme", "dark": true}                  prefers-color-scheme
    {"do": "resize", "width": 1, "height": 1}
    {"do": "events"}                                requests and console messages since the file was opened
"""
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 60  # Seconds, for what should take a moment.


def find_browser():
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Failure(Exception):
    pass


class Browser:
    def __init__(self, width=1280, height=800, dark=False):
        program = find_browser()
        if program is None:
            raise Failure("no browser: none of %s is there (Debian: apt-get install chromium)" % ", ".join(NAMES))
        self.folder = tempfile.mkdtemp(prefix="pyflame-browser-")
        # Chromium reads commands from descriptor 3 and writes answers to 4, each ended by a zero byte.
        from_us, self.write_end = os.pipe()
        self.read_end, from_browser = os.pipe()

        def place_pipes():
            # Out of the way first: either may be 3 or 4 already.
            incoming, outgoing = os.dup(from_us), os.dup(from_browser)
            os.dup2(incoming, 3)
            os.dup2(outgoing, 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--disable-extensions", "--disable-background-networking",
             "--hide-scrollbars", "--force-device-scale-factor=1", "--remote-debugging-pipe",
             "--user-data-dir=" + self.folder, "--window-size=%d,%d" % (width, height), "about:blank"],
            close_fds=False, preexec_fn=place_pipes, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(from_us)
        os.close(from_browser)
        self.pending = b""
        self.number = 0
        self.session = None
        self.requests = []
        self.messages = []
        self.loaded = False
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")
        self.resize(width, height)
        self.scheme(dark)

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def message(self):
        while b"\0" not in self.pending:
            piece = os.read(self.read_end, 1 << 20)
            if not piece:
                raise Failure("the browser ended (status %s)" % self.process.poll())
            self.pending += piece
        text, self.pending = self.pending.split(b"\0", 1)
        return json.loads(text.decode("utf-8"))

    def note(self, message):
        method, parameters = message.get("method"), message.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Page.loadEventFired":
            self.loaded = True
        elif method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.messages.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Runtime.consoleAPICalled":
            self.messages.append(" ".join(str(item.get("value", "")) for item in parameters["args"]))
        elif method == "Log.entryAdded":
            self.messages.append(parameters["entry"]["text"])

    def call(self, method, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        data = json.dumps(request).encode("utf-8") + b"\0"
        while data:
            data = data[os.write(self.write_end, data):]
        while True:
            message = self.message()
            if message.get("id") == self.number:
                if "error" in message:
                    raise Failure("%s: %s" % (method, message["error"]["message"]))
                return message["result"]
            self.note(message)

    def open(self, path):
        self.call("Page.navigate", url="about:blank")
        self.evaluate("1")
        self.loaded = False
        self.requests = []
        self.messages = []
        started = time.monotonic()
        self.call("Page.navigate", url="file://" + os.path.abspath(path))
        while not self.loaded:
            self.note(self.message())
        return round(time.monotonic() - started, 3)

    def evaluate(self, script):
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise Failure(details.get("exception", {}).get("description") or details["text"])
        return result["result"].get("value")

    def wait(self, script):
        end = time.monotonic() + PATIENCE
        while not self.evaluate(script):
            if time.monotonic() > end:
                raise Failure("never true: " + script)
            time.sleep(0.02)
        return True

    def mouse(self, kind, x, y, pressed):
        button = "left" if pressed else "none"
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button,
                  buttons=1 if pressed and kind != "mouseReleased" else 0, clickCount=1 if pressed else 0)

    def move(self, x, y):
        self.mouse("mouseMoved", x, y, False)

    def click(self, x, y):
        self.drag(x, y, x, y)

    def drag(self, x, y, to_x, to_y):
        self.move(x, y)
        self.mouse("mousePressed", x, y, True)
        if (x, y) != (to_x, to_y):
            self.mouse("mouseMoved", (x + to_x) / 2, (y + to_y) / 2, True)
            self.mouse("mouseMoved", to_x, to_y, True)
        self.mouse("mouseReleased", to_x, to_y, True)

    CODES = {"Escape": 27, "Enter": 13, "Tab": 9, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}

    def key(self, key, ctrl=False):
        code = self.CODES.get(key) or ord(key.upper())
        parts = {"key": key, "windowsVirtualKeyCode": code, "modifiers": 2 if ctrl else 0}
        if len(key) == 1 and not ctrl:
            parts["text"] = key
        elif key == "Enter":
            parts["text"] = "\r"
        self.call("Input.dispatchKeyEvent", type="keyDown", **parts)
        self.call("Input.dispatchKeyEvent", type="keyUp", **parts)

    def type(self, text):
        self.call("Input.insertText", text=text)

    def picture(self, path):
        data = self.call("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def scheme(self, dark):
        value = "dark" if dark else "light"
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": value}])

    def resize(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def events(self):
        self.evaluate("1")
        return {"requests": self.requests, "messages": self.messages}


def obey(browser, command):
    names = {"toX": "to_x", "toY": "to_y"}
    arguments = {names.get(name, name): value for name, value in command.items() if name != "do"}
    return getattr(browser, command["do"])(**arguments)


def main():
    browser = None
    try:
        browser = Browser()
        for line in iter(sys.stdin.readline, ""):
            try:
                answer = {"value": obey(browser, json.loads(line))}
            except Failure as failure:
                answer = {"error": str(failure)}
            print(json.dumps(answer), flush=True)
    except Failure as failure:
        print(json.dumps({"error": str(failure)}), flush=True)
        return 1
    finally:
        if browser:
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
