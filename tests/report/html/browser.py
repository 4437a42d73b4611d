"""A real Chromium, and axe-core, for tests of the page."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from chromium import Missing, chromium

REQUIRED = "GUESTABI_REQUIRE_BROWSER"
AXE = "axe-core@4"
WIDE, NARROW = (1280, 900), (360, 740)


def missing(what: str) -> Any:
    """Skip, or fail where a browser is required."""
    words = f"{what} (set {REQUIRED}=1 to make this a failure)"
    if os.environ.get(REQUIRED):
        pytest.fail(words)
    pytest.skip(words)


def start() -> Iterator[Any]:
    """Yield a headless Chromium that logs what it says and what it asks the network for."""
    with ExitStack() as stack:
        try:
            driver = stack.enter_context(chromium())
        except Missing as lacking:
            missing(str(lacking))
        driver.set_script_timeout(60)
        yield driver


class Page:
    """One report in the browser."""

    def __init__(self, driver: Any, path: Path) -> None:
        self.driver = driver
        self.address = path.resolve().as_uri()
        self.fresh()

    def fresh(self) -> None:
        """Forget what was logged, and be wide and light."""
        self.driver.get("about:blank")
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        self.look()

    def look(self, size: tuple[int, int] = WIDE, scheme: str = "light") -> None:
        """Set the window's size and the reader's colour scheme."""
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    def open(self, fragment: str = "") -> None:
        """Load the page anew with this fragment."""
        self.driver.get("about:blank")
        self.driver.get(self.address + fragment)

    def all(self, css: str) -> list[Any]:
        return list(self.driver.find_elements("css selector", css))

    def one(self, css: str) -> Any:
        return self.driver.find_element("css selector", css)

    def text(self, css: str) -> str:
        return str(self.one(css).text)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def fragment(self) -> str:
        return str(self.run("return decodeURIComponent(location.hash)"))

    def complaints(self) -> list[str]:
        """What the console was told: errors, and what the page's policy forbade."""
        return [each["message"] for each in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """What was asked for since :meth:`fresh`, but for the page and what is inside it."""
        found = []
        for each in self.driver.get_log("performance"):
            said = json.loads(each["message"])["message"]
            if said["method"] == "Network.requestWillBeSent":
                found.append(said["params"]["request"]["url"])
        own = (self.address, "data:", "about:blank")
        return [address for address in found if not address.startswith(own)]

    def violations(self, axe: str) -> list[str]:
        """What axe-core finds, one line each."""
        self.run(axe)
        found = self.driver.execute_async_script(
            "const done = arguments[0]; axe.run(document).then((r) => done(r.violations))"
        )
        return [
            f"{rule['id']}: {node['target']} {node['failureSummary']}"
            for rule in found
            for node in rule["nodes"]
        ]


def axe_source(folder: Path) -> str:
    """Return axe-core's script, fetched with npm into ``folder`` the first time."""
    script = folder / "package" / "axe.min.js"
    if not script.exists():
        npm = shutil.which("npm")
        if npm is None:
            missing("no npm, which fetches axe-core: apt install npm")
        command = [npm, "pack", AXE, "--silent", "--pack-destination", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
        if done.returncode:
            missing(f"npm could not fetch {AXE}: {done.stderr.strip()[-200:]}")
        with tarfile.open(next(folder.glob("axe-core-*.tgz"))) as archive:
            archive.extract("package/axe.min.js", folder, filter="data")
    return script.read_text(encoding="utf-8")
