"""HTML replies: folded at the marks of their clients, raw and stored alike."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otklik.channels.email.text import clean_html, html_to_text, split_html, split_quotes
from otklik.channels.email.text.tests.samples import Sample, load

REPLIES = load("html.txt")
KEPT = load("html_kept.txt")
# in these nothing but the mark of the HTML tells
MARK_ALONE = {"zimbra", "outlook new", "outlook mac", "outlook web, x_ prefix and rule", "outlook web", "proton"}
TOLD_BY_TEXT = [sample for sample in REPLIES if sample.name not in MARK_ALONE]


@pytest.mark.parametrize("sample", REPLIES, ids=lambda sample: sample.name)
@pytest.mark.parametrize("stored", [False, True], ids=["raw", "stored"])
def test_quote_is_folded(sample: Sample, stored: bool):
    html = sample.text.replace("@@", "")
    split = split_html(clean_html(html).html if stored else html)
    assert html_to_text(split.visible) == "Новый текст"
    assert "СТАРЫЙ" in split.folded
    for word in html_to_text(html).split():
        assert word.strip(">") in f"{html_to_text(split.visible)} {html_to_text(split.folded)}"


@pytest.mark.parametrize("sample", TOLD_BY_TEXT, ids=lambda sample: sample.name)
def test_text_of_an_html_reply_folds_too(sample: Sample):
    """Without a text part the text made of the HTML is split by the same rules."""
    split = split_quotes(html_to_text(sample.text.replace("@@", "")))
    assert split.visible.startswith("Новый текст")
    assert "СТАРЫЙ" not in split.visible


@pytest.mark.parametrize("sample", KEPT, ids=lambda sample: sample.name)
@pytest.mark.parametrize("stored", [False, True], ids=["raw", "stored"])
def test_what_is_no_trailing_quote_stays(sample: Sample, stored: bool):
    html = clean_html(sample.text).html if stored else sample.text
    split = split_html(html)
    assert "ОТВЕТ" in html_to_text(split.visible)
    assert split.folded == ""


@pytest.mark.parametrize("sample", REPLIES, ids=lambda sample: sample.name)
def test_new_ticket_shows_everything(sample: Sample):
    split = split_html(sample.text.replace("@@", ""), new_ticket=True)
    assert "СТАРЫЙ" in split.visible
    assert split.folded == ""


@pytest.mark.parametrize("sample", REPLIES + KEPT, ids=lambda sample: sample.name)
def test_stored_form_is_stable(sample: Sample):
    clean = clean_html(sample.text.replace("@@", "")).html
    assert clean_html(clean).html == clean
    split = split_html(clean)
    assert split_html(clean) == split


@given(st.lists(st.sampled_from([part for sample in REPLIES + KEPT for part in sample.text.split("@@")]), max_size=5))
@settings(max_examples=150, deadline=None)
def test_no_word_is_lost(parts: list[str]):
    html = "".join(parts)
    split = split_html(html)
    whole = set(html_to_text(html).replace(">", " ").split())
    both = set(f"{html_to_text(split.visible)} {html_to_text(split.folded)}".replace(">", " ").split())
    assert {word for word in whole if word.isalpha()} <= both
