"""Finds in the tree of a mail what its program marked as quoted, and names it by three classes of our own.

`q-intro` is a line that introduces a quote, `q-cite` an element that is one, `q-rest` the point from which everything
is one, `q-sign`
a signature. The classes survive the sanitiser, so a stored mail can be folded without looking for the marks again.
"""

import re
from typing import Final

from lxml import etree

from .dom import Element, elements, text_of
from .lines import collapse, split_lines
from .markers import (
    DATE,
    header_block,
    is_forward_line,
    is_original_line,
    is_reply_line,
    label_of,
    needs_quote_below,
    reply_marker,
)

INTRO: Final = "q-intro"
CITE: Final = "q-cite"
REST: Final = "q-rest"
SIGN: Final = "q-sign"
CLASSES: Final = frozenset({INTRO, CITE, REST, SIGN})

_CITE_CLASSES: Final = frozenset(
    {
        "yahoo_quoted",
        "protonmail_quote",
        "tutanota_quote",
        "zmail_extra",
        "zmail_extra_hr",
        "ms-outlook-mobile-reference-message",
    }
)
_GMAIL_CLASSES: Final = frozenset({"gmail_quote", "gmail_quote_container", "gmail_extra"})
_INTRO_CLASSES: Final = frozenset({"gmail_attr", "moz-cite-prefix"})
_SIGN_CLASSES: Final = frozenset(
    {"gmail_signature", "gmail_signature_prefix", "moz-signature", "protonmail_signature_block"}
)
_REST_CLASSES: Final = frozenset({"OutlookMessageHeader", "moz-email-headers-table"})
_REST_IDS: Final = frozenset({"divRplyFwdMsg", "appendonsend", "isReplyContent"})
_CITE_IDS: Final = frozenset({"OLK_SRC_BODY_SECTION", "mail-editor-reference-message-container", "isForwardContent"})
_INTRO_IDS: Final = frozenset({"reply-intro", "replybody1"})
_SIGN_IDS: Final = frozenset(
    {"Signature", "AppleMailSignature", "ms-outlook-mobile-signature", "lineBreakAtBeginningOfSignature", "signature"}
)
_BORDER: Final = re.compile(r"border-top:solid#[0-9a-f]{6}1\.?0?pt")
MAX_TRIES: Final = 200
MAX_LINES: Final = 40
"""Lines looked at for a header block."""
_INLINE: Final = frozenset({"span", "a", "b", "i", "strong", "em", "font", "wbr"})
_CONTENT: Final = frozenset({"img", "table"})


def mark(body: Element) -> None:
    """Put our classes on the quoted parts and signatures of `body`. Classes of the mail's own by these names count as
    given."""
    nodes = elements(body)
    tries = _Tries()
    forward_seen = False
    for node in nodes:
        tag = node.tag
        attributes = node.attrib
        name: str | None = None
        if attributes:
            name = _by_attributes(node, tag)
        if name is None:
            name = _by_text(node, tag, tries)
        if name is None:
            continue
        if name == "forward":
            forward_seen = True
            continue
        if not forward_seen or name == SIGN:
            set_mark(node, name)


def set_mark(node: Element, name: str) -> None:
    """Add the class `name`."""
    classes = node.get("class", "").split()
    if name not in classes:
        node.set("class", " ".join([*classes, name]))


def mark_of(node: Element) -> str | None:
    """The class of ours that `node` carries, if any."""
    value = node.get("class")
    if not value or "q-" not in value:
        return None
    return next((name for name in value.split() if name in CLASSES), None)


def _by_attributes(node: Element, tag: str) -> str | None:
    """What class, id, type or style of the element says."""
    classes = node.get("class")
    if classes:
        found = _by_classes(node, tag, frozenset(classes.removeprefix("x_").replace(" x_", " ").split()))
        if found:
            return found
    if identity := node.get("id"):
        found = _by_id(identity)
        if found:
            return found
    if tag == "blockquote" and node.get("type", "").lower() == "cite":
        return _quote_or_forward(node)
    if (marker := node.get("data-marker")) and marker in {"__DIVIDER__", "__QUOTED_TEXT__"}:
        return REST if marker == "__DIVIDER__" else CITE
    if tag in {"div", "p"} and "border-top" in (style := node.get("style", "").lower()):
        return REST if _BORDER.search(style.replace(" ", "")) and label_of(_first_line(node)) else None
    return None


def _by_classes(node: Element, tag: str, classes: frozenset[str]) -> str | None:
    if classes & _SIGN_CLASSES:
        return SIGN
    if classes & _INTRO_CLASSES:
        return "forward" if _opens_forward(node) else INTRO
    if classes & _CITE_CLASSES:
        return _quote_or_forward(node)
    if classes & _REST_CLASSES:
        return REST
    if classes & _GMAIL_CLASSES:
        if tag == "blockquote":
            return _quote_or_forward(node)
        # The container may hold answers between its quotes: its parts are marked, not the whole.
        if "gmail_extra" not in classes and node.find(".//blockquote") is None and collapse(text_of(node)):
            return _quote_or_forward(node)
    return None


def _by_id(identity: str) -> str | None:
    while identity.startswith("x_"):
        identity = identity[2:]
    if identity in _REST_IDS:
        return REST
    if identity in _CITE_IDS:
        return CITE
    if identity in _INTRO_IDS:
        return INTRO
    return SIGN if identity in _SIGN_IDS else None


class _Tries:
    """How often a mail may have a header block looked for: a hostile one asks at each of its elements."""

    def __init__(self) -> None:
        self.left = MAX_TRIES

    def one(self) -> bool:
        """Take one; whether there was one left."""
        self.left -= 1
        return self.left >= 0


def _by_text(node: Element, tag: str, tries: _Tries) -> str | None:
    """Marks that only the words show: a bare blockquote below a reply line, a bold header block, a line of dashes."""
    if tag == "blockquote":
        return CITE if _introduced(node) or _begins_with_reply_line(node) else None
    text = (node.text or "").strip() if node.text else ""
    if not text:
        return None
    if tag in {"b", "strong"} and text.endswith(":") and len(text) < 24 and label_of(text):
        return _bold_block(node, tries)
    if text[0] in "-–—_" or tag in {"div", "p", "span"}:
        if is_original_line(text):
            return REST if tries.one() and _announces(node) else None
        if is_forward_line(text):
            return "forward"
    return None


def _bold_block(node: Element, tries: _Tries) -> str | None:
    """A bold "От:" that opens a header block marks the block around it."""
    label = label_of((node.text or "").strip())
    if (
        label is None
        or label[0] != "from"
        or (node.getprevious() is not None and (node.getprevious().tail or "").strip())
        or not tries.one()
    ):
        return None
    holder = node
    for parent in node.iterancestors():
        if parent.tag == "body":
            break
        holder = parent
        if parent.tag in {"p", "div", "td"} and header_block(split_lines(_with_breaks(parent)), 0):
            set_mark(parent, REST)
            return None
    following = "".join(
        [_with_breaks(holder), *(_with_breaks(item) for item, _ in zip(holder.itersiblings(), range(6)))]
    )
    return REST if header_block(split_lines(following), 0) else None


def _announces(node: Element) -> bool:
    """Does a header block, a reply line or a quote follow "Исходное сообщение"? Alone it may be what one tells of."""
    out = [_with_breaks(node)]
    at = node
    for _ in range(4):
        out.append(collapse_keep(at.tail or ""))
        for item, _number in zip(at.itersiblings(), range(6)):
            if item.tag == "blockquote" and not "".join(out[1:]).strip():
                return True
            out.append(f"\n{_with_breaks(item)}{collapse_keep(item.tail or '')}")
        parent = at.getparent()
        if parent is None or parent.tag == "body" or sum(map(len, out)) > 2_000:
            break
        at = parent
    lines = [line for line in split_lines("".join(out)[:4_000]) if line.text][1:]
    return bool(lines) and (
        header_block(lines, 0, announced=True) is not None or reply_marker(lines, 0) is not None or lines[0].depth > 0
    )


def _with_breaks(node: Element) -> str:
    """Text with line breaks at <br> and at the ends of blocks, up to what a header block needs."""
    out: list[str] = []
    size = lines = 0
    for part in node.iter():
        if part.tag == "br" or (part.tag in {"p", "div", "tr"} and out):
            out.append("\n")
            lines += 1
        if part.text:
            out.append(collapse_keep(part.text))
        if part.tail and part is not node:
            out.append(collapse_keep(part.tail))
        size += len(out[-1]) if out else 0
        if size > 2_000 or lines > MAX_LINES:
            break
    return "".join(out).strip() + "\n"


def collapse_keep(text: str) -> str:
    """Blanks become one, at the ends too: inline text joins as a browser joins it."""
    return re.sub(r"\s+", " ", text)


def _first_line(node: Element) -> str:
    return _with_breaks(node).split("\n", 1)[0].strip()


def _opens_forward(node: Element) -> bool:
    return is_forward_line(_first_line(node))


def _quote_or_forward(node: Element) -> str:
    if _opens_forward(node):
        return "forward"
    if node.tag == "blockquote":
        _introduced(node)
    return CITE


def _begins_with_reply_line(node: Element) -> bool:
    """Mail.ru puts "Пятница, 5 июня 2026, 12:10 +03:00 от Имя <a@b>:" inside its blockquote."""
    start = text_of(node, 500).lstrip()
    if not DATE.search(start[:120]):
        return False
    colon = start.find(":\n")
    lines = [_first_line(node), collapse(start[: colon + 1]) if 0 < colon < 400 else ""]
    return any(is_reply_line(line) for line in lines if line)


def _introduced(node: Element) -> bool:
    """Does a reply line stand directly before this blockquote? It is marked (and wrapped, when it is bare text)."""
    at = node
    for _ in range(4):
        before = at.getprevious()
        if before is None:
            parent = at.getparent()
            if parent is None:
                return False
            if parent.text and parent.text.strip():
                return _wrap_run(parent, None)
            if parent.tag == "body":
                return False
            at = parent
            continue
        if mark_of(before) == INTRO:
            return True
        if (before.tail and before.tail.strip()) or before.tag in _INLINE:
            parent = before.getparent()
            return parent is not None and _wrap_run(parent, before)
        text = collapse(text_of(before, 420))
        if text:
            if _is_intro(text):
                set_mark(before, INTRO)
                return True
            return len(before) > 0 and bool((before[-1].tail or "").strip()) and _wrap_run(before, before[-1])
        if before.tag in _CONTENT:
            return False
        at = before
    return False


def _is_intro(text: str) -> bool:
    text = collapse(text)
    return is_reply_line(text) or needs_quote_below(text)


def _wrap_run(parent: Element, last: Element | None) -> bool:
    """Wrap the run of bare text and inline elements that ends behind `last` (or the first text of `parent`), if it is
    a reply line."""
    run: list[Element] = []
    at = last
    lead = None if last is None else last.tail if last.tag not in _INLINE else None
    texts: list[str] = [lead or ""]
    while at is not None and at.tag in _INLINE and len(run) < 8:
        run.insert(0, at)
        texts.insert(0, f"{text_of(at)}{at.tail or ''}")
        at = at.getprevious()
    if at is None:
        lead = parent.text
        texts.insert(0, lead or "")
    elif run:
        lead = at.tail
        texts.insert(0, lead or "")
    if not _is_intro("".join(texts)):
        return False
    holder = etree.Element("span", {"class": INTRO})
    holder.text = lead
    if at is None:
        parent.text = None
        parent.insert(0, holder)
    else:
        at.tail = None
        at.addnext(holder)
    holder.extend(run)
    return True
