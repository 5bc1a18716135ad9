"""Browser hosts: which executable, with which switches, and one running browser with many contexts."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tenacity import AsyncRetrying, stop_after_attempt

from bots.landing import Landing
from bots.relay import Line
from flows.errors import InputError

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page, Playwright, StorageState, ViewportSize

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SWITCHES = (
    "--disable-gpu",
    "--in-process-gpu",  # what is left of it is a software compositor; a process of its own costs 20 MB
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    # Chromium heeds only the last of these, so Playwright's own list comes first (a test compares). The last two:
    # what every thread and every emptied page of memory keeps for later, 2 MB less in each renderer.
    (
        "--disable-features=AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,"
        "HttpsFirstBalancedModeAutoEnable,LensOverlay,MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,"
        "AvoidCorsURLLoaderRestartOnRedirect,TcpPortRandomizationWin,OptimizationHints,NetworkTimeServiceQuerying,"
        "AimEnabled,PreconnectToSearch,msForceBrowserSignIn,msEdgeUpdateLaunchServicesPreferredVersion,"
        "PartitionAllocLargeThreadCacheSize,PartitionAllocLargeEmptySlotSpanRing"
    ),
    "--enable-features=CDPScreenshotNewSurface,SkipListAccountsWithoutGaiaCookies,NetworkServiceInProcess2",
)
CLOSE_SECONDS = 10
STARTS = 2  # Chromium itself crashes at a start now and then; nothing has been asked of a portal by then
SCREEN: ViewportSize = {"width": 1280, "height": 600}  # each open page keeps a picture of this size, 4 bytes a pixel
NO_SANDBOX = ("sandboxing failed", "No usable sandbox", "zygote_host")  # what Playwright or Chromium says then
OPEN_FILES = 65536  # a session has a dozen connections to relay
DRIVER_OPTIONS = "--max-semi-space-size=1"  # MB of young objects; the driver's default keeps 20 MB more


def find_headed_browser(environment: Mapping[str, str] = os.environ) -> Path:
    """A Chromium that a person can see, and a screen to show it on. Raises `InputError` that says how to get them."""
    if not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        raise InputError(
            "there is no screen here: sign in to this machine with `ssh -X`, or give it one that you can look at "
            "from elsewhere (`apt-get install tigervnc-standalone-server`, `vncserver :1`, then DISPLAY=:1)"
        )
    for name in NAMES[1:]:
        if found := shutil.which(name):
            return Path(found)
    raise InputError("no browser with a window found: `apt-get install chromium`, or Google Chrome")


def find_browser(chosen: Path | None, environment: Mapping[str, str] = os.environ) -> Path:
    """The Chromium to use: the setting, else Playwright's own headless shell, else one on PATH.

    Raises `InputError` that says how to get one.
    """
    if chosen is not None:
        if not chosen.is_file():
            raise InputError(f"browser_executable {chosen} does not exist; correct the setting or remove it")
        return chosen
    for found in (*_playwrights_own(environment), *(shutil.which(name) for name in NAMES)):
        if found:
            return Path(found)
    raise InputError(
        "no browser found: run `playwright install chromium-headless-shell`, or `apt-get install "
        "chromium-headless-shell` on Debian, or set browser_executable in portalkeeper.toml"
    )


def _playwrights_own(environment: Mapping[str, str]) -> list[str]:
    """Headless shells that Playwright downloaded, newest first."""
    chosen = environment.get("PLAYWRIGHT_BROWSERS_PATH", "")
    root = Path(chosen) if chosen not in ("", "0") else Path.home() / ".cache" / "ms-playwright"
    shells = sorted(root.glob("chromium_headless_shell-*/*/*headless*shell*"), reverse=True)
    return [str(shell) for shell in shells if shell.is_file() and os.access(shell, os.X_OK)]


async def _driver() -> Playwright:
    from playwright.async_api import async_playwright

    os.environ.setdefault("NODE_OPTIONS", DRIVER_OPTIONS)
    try:
        return await async_playwright().start()
    except Exception:  # noqa: BLE001 - the library has no class for it
        raise InputError(
            "Playwright's driver does not start: `python -m playwright --version` says why; "
            "where libatomic.so.1 is missing, `apt-get install libatomic1`"
        ) from None


def _why(words: str) -> str:
    if any(sign in words for sign in NO_SANDBOX):
        return (
            "this machine or container gives it no sandbox (unprivileged user namespaces); "
            "docs/operating.md, The browser's sandbox, says what to do"
        )
    return words.splitlines()[0][:200]


class Host:
    """One browser process with many contexts. Drained rather than killed: it takes no new contexts, then ends."""

    def __init__(self, driver: Playwright, browser: Browser, landing: Landing) -> None:
        self._driver = driver
        self._browser = browser
        self._landing = landing
        self.served = 0
        self.open = 0

    @classmethod
    async def start(cls, executable: Path, *, headed: bool = False, sandbox: bool = True) -> Host:
        """Start a driver and a browser, `headed` with a window, in Chromium's `sandbox` unless root starts it.

        Raises `InputError` that says why one does not start.
        """
        from playwright.async_api import Error

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, OPEN_FILES), most))
        driver = await _driver()
        landing = Landing.make()
        try:
            async for attempt in AsyncRetrying(stop=stop_after_attempt(STARTS), reraise=True):
                with attempt:
                    browser = await driver.chromium.launch(
                        executable_path=executable,
                        headless=not headed,
                        args=list(SWITCHES),
                        chromium_sandbox=sandbox and os.geteuid() != 0,
                        downloads_path=landing.path,
                        traces_dir=landing.path / "traces",
                    )
        except Error as error:
            await driver.stop()
            landing.wipe()
            raise InputError(f"the browser {executable} does not start: {_why(str(error))}") from None
        return cls(driver, browser, landing)

    @property
    def traces(self) -> Path | None:
        """Where a trace may be kept while it is taken; nowhere when that would be a disk."""
        return self._landing.path / "traces" if self._landing.in_memory else None

    @property
    def alive(self) -> bool:
        """Whether the browser still answers."""
        return self._browser.is_connected()

    @asynccontextmanager
    async def context(self, storage_state: StorageState | None) -> AsyncIterator[tuple[BrowserContext, Line]]:
        """A fresh context on a line of its own, closed at the end whatever happens."""
        self.served += 1
        self.open += 1
        try:
            async with Line.open() as line:
                context = await self._browser.new_context(
                    storage_state=storage_state,
                    service_workers="block",
                    viewport=SCREEN,
                    proxy={"server": line.address},
                )
                try:
                    yield context, line
                finally:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(context.close(), CLOSE_SECONDS)
        finally:
            self.open -= 1

    async def stop(self) -> None:
        """End the browser and its driver."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._browser.close(), CLOSE_SECONDS)
        await self._driver.stop()
        self._landing.wipe()


async def tidy(page: Page, *, forget_cache: bool) -> None:
    """Give back memory that will not be needed again: garbage, and on request what the network cache keeps.

    A sign-in leaves some 9 MB of garbage in its renderer, and the scripts of pages that will not be opened again.
    """
    from playwright.async_api import Error

    with suppress(Error, TimeoutError):
        async with asyncio.timeout(CLOSE_SECONDS):
            await page.request_gc()
            if forget_cache:
                devtools = await page.context.new_cdp_session(page)
                await devtools.send("Network.clearBrowserCache")
                await devtools.detach()
