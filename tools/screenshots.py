"""Shoot pages of a control room: 1280x800 and 390x844, light and dark.

    python -m tools.screenshots OUT URL... [--cookie SESSION] [--full] [--only 1280-light]

Needs a Chromium (GOLIVE_CHROMIUM, or the system's).
"""

import argparse
import sys
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from tools.chromium import chromium

SIZES = {"1280": (1280, 800), "390": (390, 844)}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def shoot(browser: Browser, url: str, out: Path, *, cookie: str, only: str, full: bool) -> None:
    """Write one picture for each size and theme."""
    place = urlsplit(url)
    name = (place.path.strip("/").replace("/", "-") or "overview") + (
        f"-{place.query.replace(chr(47), chr(45))}" if place.query else ""
    )
    for size, (width, height) in SIZES.items():
        for theme in ("light", "dark"):
            if only and only not in f"{size}-{theme}":
                continue
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme=theme,
                has_touch=size == "390",
            )
            if cookie:
                context.add_cookies(
                    [
                        {
                            "name": "golive_session",
                            "value": cookie,
                            "url": f"{place.scheme}://{place.netloc}",
                        }
                    ]
                )
            page = context.new_page()
            page.on(
                "console",
                lambda message: print(f"{url}: {message.text}", file=sys.stderr) if message.type == "error" else None,
            )
            page.on("pageerror", lambda error: print(f"{url}: {error}", file=sys.stderr))
            page.goto(url, wait_until="load")
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if wide > 0:
                print(f"{url} at {size}: {wide} px wider than the window", file=sys.stderr)
            page.screenshot(path=out / f"{name}-{size}-{theme}.png", full_page=full)
            context.close()


def main() -> None:
    """Shoot all addresses given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("urls", nargs="+")
    parser.add_argument("--cookie", default="")
    parser.add_argument("--only", default="")
    parser.add_argument("--full", action="store_true")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for url in args.urls:
            shoot(browser, url, args.out, cookie=args.cookie, only=args.only, full=args.full)
        browser.close()


if __name__ == "__main__":
    main()
