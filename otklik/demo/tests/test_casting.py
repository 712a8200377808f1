"""The cases of the demo company: the same for the same moment, and free of repeats at whatever moment it is loaded."""

import random
from datetime import timedelta

import pytest

from otklik.core.clock import now
from otklik.demo import casting
from otklik.demo.company import Company, found, invite
from otklik.demo.letters import ZONE
from otklik.demo.lives import Life, Said
from otklik.demo.load import SEED, read_directories
from otklik.demo.website import open_site

pytestmark = pytest.mark.django_db


@pytest.fixture
def polus() -> Company:
    rng = random.Random(f"{SEED}/company")
    company = found(rng, now(), password=None)
    invite(company, rng, now())
    open_site(company, now())
    return company


def spelled(lives: list[Life]) -> list[object]:
    return [
        (life.subject, life.requester.name, [(type(step).__name__, step.at) for step in life.steps]) for life in lives
    ]


def test_same_moment_same_company(polus: Company):
    directories, at = read_directories(polus), now()
    assert spelled(casting.lives(polus, directories, SEED, at)) == spelled(casting.lives(polus, directories, SEED, at))


@pytest.mark.parametrize("later", [timedelta(0), timedelta(days=2, hours=9), timedelta(days=147, hours=15)])
def test_whenever_it_is_loaded_no_neighbours_repeat_each_other(polus: Company, later: timedelta):
    at = now() + later
    lives = casting.lives(polus, read_directories(polus), SEED, at)
    assert casting._repeats(lives) == set()
    assert len(lives) == casting.TICKETS
    assert [life.created_at for life in lives] == sorted(life.created_at for life in lives)
    for life in lives:
        assert [step.at for step in life.steps] == sorted(step.at for step in life.steps)
        assert life.steps[-1].at < at
        said = [step.text for step in life.steps if isinstance(step, Said)]
        assert 1 <= len(said) <= 10
        assert not any("{" in text or "§" in text or "  " in text for text in said)


def test_people_write_by_day(polus: Company):
    lives = casting.lives(polus, read_directories(polus), SEED, now())
    hours = [life.created_at.astimezone(ZONE).hour for life in lives]
    assert sum(8 <= hour < 20 for hour in hours) > len(hours) * 0.8
