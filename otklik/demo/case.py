"""One case of a story: the words it is told with and the hours at which things happen."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from otklik.accounts.models import User
from otklik.demo.company import FEMALE, Client, Company
from otklik.demo.content.equipment import ERRORS, MODELS
from otklik.demo.letters import ZONE
from otklik.demo.stories import Story

_ACCUSATIVE: Final = {
    "Сергей Кольцов": ("Сергея Кольцова", "Сергею Кольцову"),
    "Егор Зимин": ("Егора Зимина", "Егору Зимину"),
    "Максим Рудаков": ("Максима Рудакова", "Максиму Рудакову"),
    "Руслан Ахметов": ("Руслана Ахметова", "Руслану Ахметову"),
}
_ON: Final = ("в понедельник", "во вторник", "в среду", "в четверг", "в пятницу", "в субботу", "в воскресенье")
_ON_EN: Final = ("on Monday", "on Tuesday", "on Wednesday", "on Thursday", "on Friday", "on Saturday", "on Sunday")
_MONTH: Final = (
    "январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь",
)  # fmt: skip
_MONTH_OF: Final = (
    "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября",
    "декабря",
)  # fmt: skip
_NBSP: Final = "\u00a0"


@dataclass(slots=True)
class Case:
    """Who, where, with what; ``visit_at`` is when the technician is there."""

    story: Story
    company: Company
    client: Client
    rng: random.Random
    opened_at: datetime
    organization: str = ""
    agent: str = "agent"
    technician: str = "technician"
    shopman: str = "timur"
    links: dict[str, int] = field(default_factory=dict)
    visit_at: datetime = field(init=False)
    fixed: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.visit_at = self._visit()
        self.fixed = self._words()

    @property
    def urgent(self) -> bool:
        """Whether somebody comes at once."""
        return self.story.priority == "urgent"

    def user(self, local: str) -> User:
        """Return a user by the local part of his address."""
        return self.company.users[local]

    def _visit(self) -> datetime:
        rng, opened = self.rng, self.opened_at.astimezone(ZONE)
        if self.urgent or (self.story.type == "incident" and self.story.priority == "high"):
            return self.opened_at + timedelta(minutes=rng.randint(70, 200))
        day = opened + timedelta(days=rng.choice((1, 1, 1, 2, 2, 3)))
        while day.weekday() > 4:
            day += timedelta(days=1)
        return day.replace(hour=rng.choice((9, 10, 12, 14, 15)), minute=rng.randint(5, 55), second=rng.randint(0, 59))

    def _words(self) -> dict[str, str]:
        rng, client = self.rng, self.client
        sites = self.company.sites.get(client.contact.organization_id) or [f"Лесная, {rng.randint(3, 80)}"]
        site = rng.choice(sites)
        tech = self.user(self.technician).name
        foreign = self.story.language == "en"
        late = self.opened_at.astimezone(ZONE) + timedelta(days=rng.randint(3, 9))
        hot = rng.randint(7, 14)
        others = [other for other in self.company.clients[client.about] if other is not client]
        window = self.visit_at.astimezone(ZONE).hour
        return {
            "m": rng.choice(self._models()),
            "addr": site,
            "addr_p": _oblique(site),
            "name": client.called,
            "org": self.organization,
            "who": client.contact.name,
            "who2": rng.choice(others).contact.name if others else "сменный администратор",
            "agent": self.user(self.agent).name.split()[0],
            "tech": tech,
            "tech1": tech.split()[0],
            "tech_a": _ACCUSATIVE[tech][0],
            "tech_d": _ACCUSATIVE[tech][1],
            "a": "а" if self.agent in FEMALE else "",
            "ca": "а" if client.female else "",
            "t": f"+{hot}",
            "t2": f"+{hot + rng.randint(1, 3)}",
            "t3": f"−{rng.choice(('1,8', '2,4', '2,9', '3,1'))}",
            "t4": f"+{rng.randint(27, 34)}",
            "tf": f"−{rng.randint(17, 20)}",
            "tf2": f"−{rng.randint(2, 8)}",
            "err": rng.choice(ERRORS),
            "sn": f"{rng.randint(14, 24)}{rng.randint(10, 99)}-{rng.randint(10000, 99999)}",
            "win": f"с {window} до {window + 3}",
            "eta": rng.choice(("30 минут", "40 минут", "час", "полтора часа", "50 минут")),
            "eta_en": rng.choice(("in 40 minutes", "within the hour", "in about an hour")),
            "contract": f"{'TO' if foreign else 'ТО'}-{rng.randint(40, 380)}/{self.opened_at.year % 100}",
            "act": str(rng.randint(1200, 6900)),
            "inv": str(rng.randint(300, 2900)),
            "sum": _money(rng.randrange(42, 190) * 100),
            "sum2": _money(rng.randrange(12, 48) * 100),
            "sum3": _money(rng.randrange(70, 260) * 1000),
            "car": self._car(),
            "phone": f"+7 921 555-{rng.randint(10, 99)}-{rng.randint(10, 99)}",
            "n": str(rng.randint(3, 12)),
            "n2": str(rng.randint(5, 14)),
            "size": str(rng.randint(6, 24)),
            "kg": f"{rng.randint(0, 3)},{rng.randint(2, 9)}",
            "quarter": f"{('I', 'II', 'III', 'IV')[(self.opened_at.month - 1) // 3]} квартал",
            "month": _MONTH[late.month - 1],
            "day2": f"{late.day}{_NBSP}{_MONTH_OF[late.month - 1]}",
            "ref": self._number(),
        }

    def _models(self) -> tuple[str, ...]:
        """Models of the equipment; who writes in English names those in Latin letters."""
        models = MODELS[self.story.unit]
        latin = tuple(model for model in models if model.isascii())
        return latin if self.story.language == "en" and latin else models

    def _car(self) -> str:
        first, second, third = self.rng.choices("АВЕКМНОРСТ", k=3)
        return f"{first}{self.rng.randint(101, 989)}{second}{third}"

    def _number(self) -> str:
        """A number as the customer's own desk gives it, after its template."""
        found = self.company.organizations.get(self.client.contact.organization_id or 0)
        template = found[1].pattern if found and found[1].pattern else "SD-######"
        parts = {"#": lambda: str(self.rng.randint(0, 9)), "*": lambda: str(self.rng.randint(10000, 99999))}
        return "".join(parts[letter]() if letter in parts else letter for letter in template)

    def words(self, at: datetime) -> Mapping[str, str]:
        """Return the words of a message written at that moment: days are told as seen from there."""
        local, visit = at.astimezone(ZONE), self.visit_at.astimezone(ZONE)
        if visit.date() < local.date() or (visit.date() == local.date() and visit <= local):
            visit = local + timedelta(days=1 if local.weekday() < 4 else 7 - local.weekday())
        apart = (visit.date() - local.date()).days
        near = {0: ("сегодня", "today"), 1: ("завтра", "tomorrow")}
        day, day_en = near.get(apart, (_ON[visit.weekday()], _ON_EN[visit.weekday()]))
        earlier = local - timedelta(minutes=self.rng.randint(6, 55))
        return {**self.fixed, "day": day, "day_en": day_en, "clock": f"{earlier:%H:%M}"}

    def moment(self, kind: str, by: str, before: datetime, before_kind: str, gap: str) -> datetime:
        """Return when the next step happens: people write by day, technicians at their visit."""
        rng = self.rng
        if gap:
            return self._by_day(before + timedelta(days=int(gap.removesuffix("d")), minutes=rng.randint(-90, 200)))
        if kind == "do":
            return before + timedelta(seconds=rng.randint(20, 90))
        if by == "tech" and before < self.visit_at:
            return self.visit_at + timedelta(minutes=rng.randint(0, 40))
        if by == "tech":
            return before + timedelta(minutes=rng.randint(35, 110))
        if by == "shop":
            return self._by_day(before + timedelta(hours=rng.randint(3, 26)))
        if self.urgent:
            return before + timedelta(minutes=rng.randint(3, 16))
        if kind == "in":
            return self._by_day(before + timedelta(minutes=int(rng.triangular(6, 900, 60))))
        slow = 1600 if before_kind == "re" else 110
        return self._by_day(before + timedelta(minutes=int(rng.triangular(6, slow, 25))))

    def _by_day(self, at: datetime) -> datetime:
        """Move a moment at night to the next morning."""
        local = at.astimezone(ZONE)
        if 8 <= local.hour < 21:
            return at
        day = local if local.hour < 8 else local + timedelta(days=1)
        return day.replace(hour=8, minute=self.rng.randint(5, 58), second=self.rng.randint(0, 59)).astimezone(UTC)


def _oblique(site: str) -> str:
    """Return an address as it stands behind «на», «по» and «с»: «Лесной, 14»; names of people do not change."""
    street, comma, number = site.partition(",")
    return f"{street[:-2]}ой{comma}{number}" if street.endswith("ая") else site


def _money(amount: int) -> str:
    return f"{amount:,}".replace(",", _NBSP)
