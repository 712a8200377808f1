"""The product's own Russian stands before that of the packages it is built of: theirs word "Phone" otherwise."""

from pathlib import Path

from babel.messages.pofile import read_po
from django.utils import translation
from django.utils.translation import gettext, pgettext

import otklik


def test_no_package_speaks_in_our_place() -> None:
    others = []
    with translation.override("ru"):
        for path in sorted(Path(otklik.__file__).parent.rglob("locale/ru/LC_MESSAGES/django.po")):
            with path.open("rb") as file:
                messages = [each for each in read_po(file) if each.id and each.string and isinstance(each.id, str)]
            for each in messages:
                said = pgettext(each.context, str(each.id)) if each.context else gettext(str(each.id))
                if said != each.string:
                    others.append(f"{path.parts[-4]}: “{each.id}” is said “{said}”, not “{each.string}”")
    assert others == []
