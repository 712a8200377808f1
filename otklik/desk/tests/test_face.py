"""The design system holds its own rules: equal dark blocks, icons that exist, nothing that a strict policy refuses."""

import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent.parent
STATIC = PACKAGE / "static"
TEMPLATES = sorted(path for path in PACKAGE.rglob("templates/**/*.html") if "node_modules" not in path.parts)


def _channels(block: str) -> dict[str, str]:
    return dict(re.findall(r"(--[\w-]+):\s*([^;]+);", block))


def test_both_dark_blocks_are_equal() -> None:
    text = (STATIC / "css/tokens.css").read_text(encoding="utf-8")
    by_system = re.search(r':root:not\(\[data-theme="light"\]\) \{(.*?)\n    \}', text, re.DOTALL)
    by_choice = re.search(r':root\[data-theme="dark"\] \{(.*?)\n    \}', text, re.DOTALL)
    assert by_system
    assert by_choice
    assert _channels(by_system.group(1)) == _channels(by_choice.group(1))
    assert len(_channels(by_choice.group(1))) > 30


def test_dark_blocks_are_for_screens_only() -> None:
    """Paper is white: light ink of a dark scheme could not be read on it."""
    text = (STATIC / "css/tokens.css").read_text(encoding="utf-8")
    for block in (':root:not([data-theme="light"]) {', ':root[data-theme="dark"] {'):
        assert text.partition(block)[0].rpartition("@media ")[2].startswith("screen")


def test_components_name_colours_by_token_only() -> None:
    literal = re.compile(r"#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(", re.IGNORECASE)
    for path in sorted((STATIC / "css/components").glob("*.css")):
        found = literal.findall(path.read_text(encoding="utf-8"))
        assert not found, f"{path.name}: {found}"


def test_every_token_that_is_used_is_declared() -> None:
    files = sorted((STATIC / "css").rglob("*.css"))
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    declared = set(re.findall(r"(--[\w-]+)\s*:", text))
    used = set(re.findall(r"var\((--[\w-]+)", text))
    assert used <= declared


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_templates_have_no_inline_style_or_script(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text)
    assert "hx-on" not in text
    for tag in re.findall(r"<script[^>]*>", text):
        assert "src=" in tag, tag


def test_every_icon_that_is_asked_for_exists() -> None:
    sprite = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8")))
    asked = {
        name
        for path in TEMPLATES
        for name in re.findall(r"\{\{ sprite \}\}#([\w-]+)", path.read_text(encoding="utf-8"))
    }
    code = "\n".join(path.read_text(encoding="utf-8") for path in (PACKAGE / "tickets/presenters").glob("*.py"))
    asked |= set(re.findall(r'"icon": "([\w-]+)"', code))
    assert asked
    assert asked <= sprite


def test_no_page_asks_for_anything_outside() -> None:
    outside = re.compile(r"""(?:src|href)\s*=\s*["'](?:https?:)?//""")
    for path in TEMPLATES:
        assert not outside.search(path.read_text(encoding="utf-8")), path
    for path in STATIC.rglob("*.css"):
        assert "url(" not in path.read_text(encoding="utf-8"), path
