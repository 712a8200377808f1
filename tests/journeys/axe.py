"""The checks of axe-core in a page that a journey has open."""

from collections.abc import Iterator
from pathlib import Path

import axe_playwright_python.base
from playwright.sync_api import Page

_AXE = (Path(axe_playwright_python.base.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
# Takes "all", "colours" or "without colours", which take the longest.
_RUN = """(part) => axe.run({exclude: [".letter iframe"]}, {
    resultTypes: ["violations"], elementRef: false, preload: false, iframes: false,
    ...(part === "colours" ? {runOnly: {type: "rule", values: ["color-contrast"]}} : {}),
    ...(part === "without colours" ? {rules: {"color-contrast": {enabled: false}}} : {}),
}).then((found) => found.violations
    .filter((fault) => ["serious", "critical"].includes(fault.impact))
    .map((fault) => fault.id + ": " + fault.help + fault.nodes.slice(0, 4).map(
        (node) => "\\n      " + node.html.slice(0, 160) + "\\n        "
            + node.any.concat(node.all, node.none).map((part) => part.message).join("; ").slice(0, 260)
    ).join("")))"""


def faults(page: Page, language: str = "ru") -> Iterator[str]:
    """Find what is wrong with the page as it stands: a serious or critical finding, no title, not this language.

    Its colours, which are the same in both languages, are looked at in both schemes but once, in Russian.
    """
    page.emulate_media(color_scheme="light" if language == "ru" else "dark", reduced_motion="reduce")
    page.evaluate(_AXE)
    if (spoken := page.locator("html").get_attribute("lang")) != language:
        yield f"{page.url}: the page says it speaks {spoken}, not {language}"
    if not page.title().strip(" ·"):
        yield f"{page.url} ({language}): no title"
    for fault in page.evaluate(_RUN, "all" if language == "ru" else "without colours"):
        yield f"{page.url} ({language})\n    {fault}"
    if language == "ru":
        page.emulate_media(color_scheme="dark")
        for fault in page.evaluate(_RUN, "colours"):
            yield f"{page.url} (dark)\n    {fault}"


def look_at(page: Page) -> None:
    """Fail when the page as it stands, in Russian, has a fault."""
    assert not (found := list(faults(page))), "\n".join(found)
