"""Parts written in Jinja2: everything is escaped, texts follow the reader, a forgotten value is an error."""

import pytest
from django.utils import translation
from django.utils.safestring import mark_safe
from jinja2 import DictLoader, UndefinedError

from otklik.core import hot

HOSTILE = "\"'><script>x()</script>&"


@pytest.fixture
def render(monkeypatch: pytest.MonkeyPatch):
    """Return a function that renders a text as a part would be."""

    def rendered(text: str, **context: object) -> str:
        environment = hot.environment(autoescape=True, loader=DictLoader({"part.html": text}))
        monkeypatch.setattr(
            hot, "_template", lambda name, language: hot.in_language(environment, language).get_template(name)
        )
        return hot.render_hot("part.html", context)

    return rendered


def test_values_are_escaped_in_text_and_in_attributes(render) -> None:
    html = render('<b title="{{ item.name }}">{{ item.name }}</b>{{ icon(item.name) }}', item={"name": HOSTILE})
    assert "<script>" not in html
    assert html.count('"') == html.replace('"', "", 2).count('"') + 2
    assert html.startswith('<b title="&#34;&#39;&gt;&lt;script&gt;')


def test_what_is_safe_already_is_left_alone(render) -> None:
    assert render("{{ body }}", body=mark_safe("<p>Раз</p>")) == "<p>Раз</p>"


def test_a_value_that_was_not_given_is_an_error(render) -> None:
    with pytest.raises(UndefinedError):
        render("{{ item.name }}", item={})
    with pytest.raises(UndefinedError):
        render("{% if nothing %}x{% endif %}")


def test_a_key_comes_before_a_method_of_the_dictionary(render) -> None:
    assert render("{{ item.items }}-{{ item.get('items') }}", item={"items": 3}) == "3-3"


def test_texts_follow_the_reader(render) -> None:
    part = '{{ _("Status") }} {{ p_("state of a ticket", "Back") }}'
    with translation.override("ru"):
        russian = render(part)
    with translation.override("en"):
        assert render(part) == "Status Back"
    with translation.override("ru"):
        assert render(part) == russian != "Status Back"


def test_texts_are_escaped(render) -> None:
    with translation.override("en"):
        assert render('{{ _("a < b") }}') == "a &lt; b"


def test_a_fixed_text_is_part_of_the_compiled_page(render, monkeypatch: pytest.MonkeyPatch) -> None:
    with translation.override("en"):
        assert render('<a title="{{ _("a \'quoted\' text") }}">{{ icon("mail", "s") }}</a>').startswith(
            '<a title="a &#39;quoted&#39; text"><svg class="icon icon--s"'
        )
    monkeypatch.setattr(hot, "gettext", lambda text: "{{ boom }}")
    assert render('{{ _("A text that would be read as a template") }}') == "{{ boom }}"
