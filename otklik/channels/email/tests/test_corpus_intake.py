"""The corpus of trap mails and a fuzz of it through intake: each mail has an end, none fails, the sums add up (L4)."""

import random
from pathlib import Path

import pytest

from otklik.channels.email.models import Inbound
from otklik.channels.email.queries import sums
from otklik.channels.email.tests.mails import arrive

CORPUS = sorted((Path(__file__).resolve().parents[4] / "tests" / "mail" / "corpus").rglob("*.eml"))
GROUP = 25


@pytest.mark.django_db
@pytest.mark.skipif(not CORPUS, reason="the corpus belongs to the checkout, not to the installed package")
def test_every_trap_has_its_end() -> None:
    """Broken mails become tickets with their problems; only machines that answer or report are ignored."""
    raws = [path.read_bytes() for path in CORPUS]
    for start in range(0, len(raws), GROUP):
        arrive(*raws[start : start + GROUP])
    told = sums(Inbound.objects.all())
    assert told["received"] + told["duplicates"] == len(raws)
    assert (told["waiting"], told["failed"], told["quarantined"]) == (0, 0, 0)
    reasons = set(Inbound.objects.filter(state="ignored").values_list("reason", flat=True))
    assert reasons <= {"bounce", "auto_reply", "complaint", "receipt", "loop_hops", "newsletter"}


@pytest.mark.django_db
@pytest.mark.skipif(not CORPUS, reason="the corpus belongs to the checkout, not to the installed package")
def test_any_bytes_can_be_stored() -> None:
    """Mails with bytes changed at random: the database takes every text that is read out of them (L14)."""
    luck = random.Random(14)  # the same every time: a failure can be looked at again
    raws = []
    filled = [path for path in CORPUS if path.stat().st_size]
    for _number in range(200):
        raw = bytearray(luck.choice(filled).read_bytes()[:20_000])
        for _change in range(luck.randint(1, 30)):
            raw[luck.randrange(len(raw))] = luck.choice((0, 10, 13, 34, 60, 128, 255, luck.randrange(256)))
        raws.append(bytes(raw))
    for start in range(0, len(raws), GROUP):
        arrive(*raws[start : start + GROUP])
    told = sums(Inbound.objects.all())
    assert told["received"] + told["duplicates"] == len(raws)
    assert (told["waiting"], told["failed"]) == (0, 0)
