"""Fixed texts of templates are answered once a language, and answered as Django does."""

import pytest
from django.template import Context, Template, TemplateSyntaxError, engines
from django.utils import translation

CASES = [
    '{% translate "Tickets" %}',
    '{% trans "Tickets" %}|{% translate "<b>" %}',
    '{% translate "100%" %}',
    '{% translate "Tickets" as name %}[{{ name }}]',
    '{% translate "Tickets"|upper %}',
    "{% translate given %}",
    '{% translate "Tickets" noop %}',
    '{% translate "Open" context "verb" %}',
    '{% static "css/a b.css" %}|{% static path %}',
    '{% static "x&y.css" as url %}[{{ url }}]',
    '{% autoescape off %}{% translate "<i>" %}{% static "x&y.css" %}{% endautoescape %}',
]


def django_renders(text: str, context: dict[str, str]) -> str:
    """Render with Django's own libraries."""
    engine = engines["django"].engine
    plain = type(engine)(libraries={"i18n": "django.templatetags.i18n", "static": "django.templatetags.static"})
    return Template(text, engine=plain).render(Context(context))


@pytest.mark.parametrize("text", CASES)
@pytest.mark.parametrize("language", ["ru", "en"])
def test_it_says_what_django_says(text: str, language: str) -> None:
    source = "{% load i18n static %}" + text
    context = {"given": "Tickets", "path": "css/<x>.css"}
    ours = Template(source)
    with translation.override(language):
        expected = django_renders(source, context)
        assert ours.render(Context(context)) == expected
        assert ours.render(Context(context)) == expected  # the second time from memory


def test_each_language_keeps_its_own_words() -> None:
    template = Template('{% load i18n %}{% translate "Tickets" %}')
    said = []
    for language in ("ru", "en", "ru"):
        with translation.override(language):
            said.append(template.render(Context()))
    assert said == ["Заявки", "Tickets", "Заявки"]


def test_a_fixed_piece_is_made_once_a_language() -> None:
    source = (
        '{% load i18n static %}{% fixed %}<a href="{% url "tickets:new" %}">{{ sprite }}#plus'
        "{% translate 'Tickets' %}</a>{% include 'parts/styles.html' %}{% endfixed %}{{ given }}"
    )
    template = Template(source)
    for language, word in (("ru", "Заявки"), ("en", "Tickets"), ("ru", "Заявки")):
        with translation.override(language):
            said = template.render(Context({"given": "1", "sprite": "another"}))
        assert f"#plus{word}</a>" in said
        assert 'href="/tickets/new/"' in said
        assert "css/tokens.css" in said
        assert said.endswith("1")
        assert "another" not in said


@pytest.mark.parametrize(
    "piece",
    ["{{ given }}", "{% if given %}x{% endif %}", "{% csrf_token %}", '{% url "tickets:card" given %}',
     "{% translate given %}", '{% include "parts/rail.html" %}', "{% include given %}"],
)  # fmt: skip
def test_what_differs_between_readers_has_no_place_in_a_fixed_piece(piece: str) -> None:
    template = Template("{% load i18n static %}{% fixed %}" + piece + "{% endfixed %}")
    with pytest.raises(TemplateSyntaxError, match="language"):
        template.render(Context({"given": "parts/rail.html"}))
