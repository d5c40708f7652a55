"""A person with a browser: headless Chromium, the page, and what can be done and seen there."""

import base64
import json
import os
import pathlib

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from .wait import DEADLINE, until

STEPS = ("enter", "verify", "chat")
STAND_IN_ROOM = pathlib.Path(__file__).with_name("stand_in_room.js")
EPOCH = "0123456789abcdef"


class Browser:
    """One person's browser, with a profile of its own; fresh() makes it somebody else's."""

    def __init__(self, width=900, height=840):
        self.label = "browser"
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in (
            "--headless=new",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--no-first-run",
            f"--window-size={width},{height}",
            "--lang=en-GB",
        ):
            options.add_argument(argument)
        if os.geteuid() == 0:
            options.add_argument("--no-sandbox")  # Chromium refuses root otherwise
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self._script = None
        self._emulated = set()
        self.fresh("browser")

    def fresh(self, label):
        """As if it were a new one."""
        self.label = label
        self._console = []
        self._forgiven = []
        if self._script:
            self.cdp("Page.removeScriptToEvaluateOnNewDocument", identifier=self._script)
            self._script = None
        for command in self._emulated:
            self.cdp(command)
        self._emulated = set()
        self.driver.get("about:blank")
        self.run("window.name = ''")
        self.driver.get_log("browser")
        return self

    def __repr__(self):
        return self.label

    # -- what the person does

    def open(self, gateway):
        self.driver.get(f"http://127.0.0.1:{gateway.port}/")

    def reload(self):
        self.driver.refresh()

    def enter(self, name, address):
        self.expect_step("enter")
        self.fill("name", name)
        self.fill("email", address)
        self.find("enter-button").click()

    def give_code(self, code):
        self.fill("code", code)
        if self.shown("verify") and self.find("code-button").is_enabled():
            self.find("code").send_keys(Keys.ENTER)  # a whole code is sent by itself

    def say(self, text):
        """Types it line by line and sends it."""
        composer = self.find("composer")
        for number, line in enumerate(text.split("\n")):
            if number:
                composer.send_keys(Keys.SHIFT, Keys.ENTER)
            composer.send_keys(line)
        composer.send_keys(Keys.ENTER)

    def join(self, plume, name, at=0):
        """From the front door into the room."""
        address = f"{name}@{name}.example"
        self.open(plume.gateways[at])
        self.enter(name, address)
        self.expect_step("verify")
        self.give_code(plume.code_for(address))
        self.expect_step("chat")
        return self

    def sign_out(self, how="sign-out"):
        """Here, or with "everywhere"."""
        self.find("you").click()
        self.find(how).click()

    def fill(self, element_id, text):
        field = self.find(element_id)
        field.clear()
        field.send_keys(text)

    # -- the world around the page

    def cdp(self, command, **parameters):
        return self.driver.execute_cdp_cmd(command, parameters)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def window(self, width, height, scale=1):
        """The size of the window in CSS pixels."""
        self._emulated.add("Emulation.clearDeviceMetricsOverride")
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=scale, mobile=False)

    def prefer(self, **features):
        """Media features, such as prefers_color_scheme="dark"."""
        self._emulated.add("Emulation.setEmulatedMedia")
        self.cdp("Emulation.setEmulatedMedia", features=[
            {"name": name.replace("_", "-"), "value": value} for name, value in features.items()
        ])

    def network(self, there):
        """Takes the network away from the page, or gives it back."""
        self.cdp("Network.enable")
        self._emulated.add("Network.disable")
        self.cdp("Network.emulateNetworkConditions", offline=not there, latency=0,
                 downloadThroughput=-1, uploadThroughput=-1)

    def open_stand_in(self, gateway):
        """The page of this gateway, but its room is the test: see hear() and sent()."""
        self._script = self.cdp(
            "Page.addScriptToEvaluateOnNewDocument", source=STAND_IN_ROOM.read_text()
        )["identifier"]
        self.open(gateway)
        return self

    def hear(self, *frames):
        """What the page hears from the stand-in."""
        self.run("room.hear(...arguments[0])", [json.loads(json.dumps(f)) for f in frames])

    def sent(self, kind=None):
        """What it said to the stand-in."""
        return [f for f in self.run("return room.sent") if kind in (None, f["type"])]

    def expect_sent(self, kind):
        return until(lambda: self.sent(kind), f"{self} says {kind}")[-1]

    def wait_for_code(self, name="ann", **facts):
        """To the verify step of the stand-in.  Who wishes the same again shows the ticket first."""
        asked, shown = len(self.sent(0)), len(self.sent(6))
        self.enter(name, f"{name}@{name}.example")
        until(lambda: len(self.sent(0)) > asked or len(self.sent(6)) > shown, f"{self} asks")
        if len(self.sent(6)) > shown:
            self.hear({"type": 7, "ticket": "tick", "digits": 8})
            until(lambda: len(self.sent(0)) > asked, f"{self} asks for a code")
        self.hear({"type": 7, "user": {"name": name}, "ticket": "tick", "digits": 8,
                   "mail": "queued", "expires_in": 600000, "resend_in": 60000, **facts})
        self.expect_step("verify")

    def answer_ticket(self):
        """The page shows the ticket to the stand-in before it gives a code; which is forgotten."""
        self.expect_sent(6)
        self.run("room.sent = room.sent.filter(({type}) => type !== 6)")
        self.hear({"type": 7, "ticket": "tick", "digits": 8})

    def enter_room(self, name="ann", seq=0, people=({"name": "ann", "mark": "a1"},), **facts):
        """Into the chat of the stand-in; seq: of the newest post."""
        self.wait_for_code(name)
        self.fill("code", "48291357")
        self.answer_ticket()
        self.expect_sent(2)
        self.hear(self.ack(name, seq, people=len(people), **facts))
        self.expect_step("chat")
        self.hear({"type": 12, "people": list(people), "more": False})
        return self

    @staticmethod
    def ack(name="ann", seq=0, **facts):
        return {"type": 3, "user": {"name": name}, "token": "tok", "proof": "prf", "mark": "a1",
                "epoch": EPOCH, "seq": seq, "from": 1, **facts}

    # -- what the person sees

    def find(self, element_id):
        return self.driver.find_element(By.ID, element_id)

    def text(self, element_id):
        return self.find(element_id).text

    def shown(self, element_id):
        return self.find(element_id).is_displayed()

    def expect_step(self, step):
        until(lambda: self.shown(step), lambda: f"{self} sees the step {step}: {self._page()}")
        assert [s for s in STEPS if self.shown(s)] == [step]

    def expect_text(self, element_id, part):
        """The element says something with this in it; returns all of it."""
        until(
            lambda: part in self.text(element_id),
            lambda: f"{self} sees {part!r} in #{element_id}: {self._page()}",
        )
        return self.text(element_id)

    def posts(self, selector=".post"):
        """(name, text) of what stands in the log and the room has confirmed."""
        script = """
            return [...document.querySelectorAll("#log " + arguments[0])]
                .filter((post) => !post.matches(".pending, .failed"))
                .map((post) => [post.querySelector(".name").textContent,
                                post.querySelector(".text").textContent]);
        """
        try:
            return [tuple(post) for post in self.driver.execute_script(script, selector)]
        except StaleElementReferenceException:
            return []

    def expect_post(self, name, text, deadline=DEADLINE):
        until(
            lambda: (name, text) in self.posts(),
            lambda: f"{self} sees {name}: {text!r} in {self.posts()}",
            deadline,
        )

    def events(self):
        """The lines about people who came and went, without their times."""
        script = """
            return [...document.querySelectorAll("#log .event > span")].map((e) => e.textContent);
        """
        return self.driver.execute_script(script)

    def expect_event(self, line):
        until(lambda: line in self.events(), lambda: f"{self} sees {line!r} in {self.events()}")

    def _page(self):
        return self.driver.find_element(By.TAG_NAME, "body").text

    # -- behind the scenes

    def console(self):
        """All that the console said so far; policy violations come there, too."""
        self._console += self.driver.get_log("browser")
        return self._console

    def forgive(self, part):
        """Complaints with these words are the browser's own and expected."""
        self._forgiven.append(part)

    def check_health(self):
        bad = [
            line["message"]
            for line in self.console()
            if line["level"] in ("SEVERE", "WARNING")
            and not any(part in line["message"] for part in self._forgiven)
        ]
        assert not bad, f"{self}: the console says {bad}"

    def screenshot(self, name):
        """Into the directory PLUME_SCREENSHOTS, if there is one: to look at, and small."""
        directory = os.environ.get("PLUME_SCREENSHOTS")
        if directory:
            path = pathlib.Path(directory) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            self.driver.save_screenshot(f"{path}.png")
            small = self.cdp("Page.captureScreenshot", format="webp", quality=82)["data"]
            path.with_suffix(".webp").write_bytes(base64.b64decode(small))

    def close(self):
        self.driver.quit()
