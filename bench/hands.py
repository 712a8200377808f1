"""How soon a key press is answered in a real Chromium: the next row of the list, the palette and its first hits."""

from dataclasses import dataclass

from playwright.sync_api import Page

from bench.figures import shown_ms, table
from otklik.testing.browser import browser, visitor
from otklik.testing.server import running_desk

PRESSES = 40  # fewer than rows on a page
_PALETTE = "dialog[open] ok-palette ul"
# From the press, by the browser's own clock, to the first frame after what was asked for is in the page.
_WATCH = """([selector, code]) => {
  window.answered = new Promise((done, fail) => {
    setTimeout(() => fail(new Error(`no answer to ${code}`)), 5000);
    addEventListener("keydown", function pressed(event) {
      if (event.code !== code) return;
      removeEventListener("keydown", pressed, true);
      const before = document.querySelector(selector);
      const seen = before?.textContent;
      const look = () => {
        const now = document.querySelector(selector);
        if (!now || (now === before && now.textContent === seen)) return requestAnimationFrame(look);
        requestAnimationFrame(() => done(performance.now() - event.timeStamp));
      };
      requestAnimationFrame(look);
    }, true);
  });
}"""


@dataclass(frozen=True, slots=True)
class HandFigures:
    """Seconds from a press to the frame that shows its answer, by what was pressed."""

    taken: dict[str, list[float]]

    def report(self) -> str:
        """Word the figures for docs/benchmarks.md."""
        rows = [(key, shown_ms(values, 0.5), shown_ms(values, 0.95), "100") for key, values in self.taken.items()]
        return (
            "The demo company in a headless Chromium on the same machine, without a graphics card; from the press to"
            f" the frame after.\n\n{table(('key', 'p50 ms', 'p95 ms', 'asked'), rows)}"
        )


def measure(presses: int = PRESSES) -> HandFigures:
    """Press keys in the list and in the palette of a demo desk."""
    with running_desk(demo=True) as desk, browser() as running, visitor(running, desk.url) as person:
        person.sign_in("agent@demo.otklik.test")
        page = person.page
        page.goto("/tickets/?folder=all")
        page.locator(".ticket-row").first.wait_for()
        row = ".ticket-row--focus"
        taken: dict[str, list[float]] = {"J: the next row of the list": []}
        for _ in range(presses):
            taken["J: the next row of the list"].append(_press(page, "KeyJ", row))
        taken["Ctrl+K: the palette"] = []
        taken["a letter in the palette: what the page offers"] = []
        for _ in range(presses // 3):
            taken["Ctrl+K: the palette"].append(_press(page, "KeyK", _PALETTE, held="Control"))
            taken["a letter in the palette: what the page offers"].append(_press(page, "KeyN", _PALETTE))
            page.keyboard.press("Escape")
            page.locator("dialog[open] ok-palette").wait_for(state="hidden")
    return HandFigures(taken)


def _press(page: Page, code: str, selector: str, held: str = "") -> float:
    page.evaluate(_WATCH, [selector, code])
    page.keyboard.press(f"{held}+{code}" if held else code)
    return float(page.evaluate("window.answered")) / 1000
