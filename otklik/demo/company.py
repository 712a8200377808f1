"""The people of the demo company and of its customers: users, teams, channel, organisations, contacts."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.hashers import make_password

from otklik.accounts.models import Membership, Team, User
from otklik.channels.email import mailbox
from otklik.channels.models import Connection, Health
from otklik.contacts.models import Contact, ContactAddress, Organization, OrganizationDomain
from otklik.core.actor import Actor
from otklik.core.text import normal_address, normal_form
from otklik.demo.content.names import FAMILIES, FATHERS, FOREIGNERS, MEN, POSITIONS, TRANSLIT, WOMEN
from otklik.demo.content.organizations import CUSTOMERS, FOREIGN_STREETS, STREETS, Customer
from otklik.tickets.models import Channel

NAME: Final = "Полюс-Сервис"
DOMAIN: Final = "demo.otklik.test"
PASSWORD: Final = "demo"  # noqa: S105 - the public sign-in of an invented company that listens on loopback
TEAMS: Final = (("desk", "Диспетчерская", 1), ("field", "Выездной сервис", 2), ("workshop", "Мастерская", 3))
# local part, name, role, teams, hue, post
USERS: Final = (
    ("admin", "Павел Громов", "admin", ("desk",), 6, "администратор"),
    ("supervisor", "Марина Ветрова", "supervisor", ("desk", "field", "workshop"), 5, "руководитель сервиса"),
    ("agent", "Анна Лисицына", "agent", ("desk",), 1, "диспетчер"),
    ("boris", "Борис Маркин", "agent", ("desk",), 2, "старший диспетчер"),
    ("olga", "Ольга Савина", "agent", ("desk", "field"), 4, "координатор выездов"),
    ("vera", "Вера Климова", "agent", ("desk",), 3, "договоры и документы"),
    ("timur", "Тимур Хасанов", "agent", ("workshop",), 5, "приёмщик мастерской"),
    ("technician", "Сергей Кольцов", "technician", ("field",), 2, "инженер-холодильщик"),
    ("egor", "Егор Зимин", "technician", ("field",), 3, "инженер-холодильщик"),
    ("maxim", "Максим Рудаков", "technician", ("field",), 6, "инженер по кондиционированию"),
    ("ruslan", "Руслан Ахметов", "technician", ("workshop",), 4, "мастер"),
    ("observer", "Ирина Полякова", "observer", ("desk",), 1, "директор"),
)
FEMALE: Final = frozenset({"supervisor", "agent", "olga", "vera", "observer"})


@dataclass(slots=True)
class Client:
    """A contact with what the stories need to know of him."""

    contact: Contact
    address: str
    called: str
    female: bool
    about: str
    formal: bool


@dataclass(slots=True)
class Company:
    """Everybody: users by local part, teams by key, clients by what their organisation is."""

    channel: Channel
    teams: dict[str, Team]
    users: dict[str, User]
    actors: dict[str, Actor]
    clients: dict[str, list[Client]] = field(default_factory=dict)
    sites: dict[int | None, list[str]] = field(default_factory=dict)
    organizations: dict[int, tuple[Organization, Customer]] = field(default_factory=dict)

    @property
    def signatures(self) -> dict[int, str]:
        """Signatures by the number of the user."""
        return {user.pk: user.signature for user in self.users.values()}


def found(rng: random.Random, at: datetime, *, password: str | None) -> Company:
    """Write the company: three teams, twelve people, the mailbox. Without a password nobody of them can sign in."""
    teams = {key: Team(name=name, hue=hue, position=place) for place, (key, name, hue) in enumerate(TEAMS)}
    Team.objects.bulk_create(teams.values())
    # one hash for all: the password is public, and hashing is slow on purpose
    hashed = make_password(password)
    since = at - timedelta(days=400)
    users = {
        local: User(
            email=f"{local}@{DOMAIN}",
            name=name,
            role=role,
            hue=hue,
            password=hashed,
            created_at=since,
            signature=f"{name}, {post}\n{NAME} · +7 812 555-01-70" if role != "observer" else "",
        )
        for local, name, role, _teams, hue, post in USERS
    }
    User.objects.bulk_create(users.values())
    Membership.objects.bulk_create(
        [
            Membership(user=users[local], team=teams[key])
            for local, _name, _role, keys, _hue, _post in USERS
            for key in keys
        ]
    )
    actors = {
        local: Actor(
            kind="user",
            id=users[local].pk,
            name=name,
            role=role,
            team_ids=frozenset(teams[key].pk for key in keys),
        )
        for local, name, role, keys, _hue, _post in USERS
    }
    return Company(_mailbox(teams["desk"], at), teams, users, actors)


def _mailbox(team: Team, at: datetime) -> Channel:
    channel = Channel.objects.create(
        kind="email", name=NAME, address=f"support@{DOMAIN}", team=team, created_at=at - timedelta(days=400)
    )
    config, secret = mailbox.dump(mailbox.MailboxConfig())
    Connection.objects.create(channel=channel, config=config, secret=secret, state=Health.OK, last_ok_at=at)
    return channel


def invite(company: Company, rng: random.Random, at: datetime) -> None:
    """Write the customers: forty organisations with their domains and number templates, three hundred people."""
    since = at - timedelta(days=380)
    rows = [
        Organization(
            name=customer.name,
            name_key=normal_form(customer.name)[:200],
            note=customer.note,
            reference_patterns=_patterns(customer),
            created_at=since + timedelta(days=place),
        )
        for place, customer in enumerate(CUSTOMERS)
    ]
    Organization.objects.bulk_create(rows)
    OrganizationDomain.objects.bulk_create(
        [
            OrganizationDomain(organization=row, domain=customer.domain)
            for row, customer in zip(rows, CUSTOMERS, strict=True)
        ]
    )
    people = _People(rng, since)
    for row, customer in zip(rows, CUSTOMERS, strict=True):
        company.organizations[row.pk] = (row, customer)
        company.sites[row.pk] = _sites(customer, rng)
        made = [people.somebody(row, customer, place) for place in range(customer.people)]
        company.clients.setdefault(customer.about, []).extend(made)
    company.clients["private"] = [people.private(place) for place in range(12)]
    everybody = [client for clients in company.clients.values() for client in clients]
    Contact.objects.bulk_create([client.contact for client in everybody])
    ContactAddress.objects.bulk_create(
        [
            ContactAddress(
                contact=client.contact, address=normal_address(client.address), shown=client.address, is_primary=True
            )
            for client in everybody
        ]
    )


def _patterns(customer: Customer) -> list[dict[str, str]]:
    if not customer.pattern:
        return []
    return [
        {
            "system": customer.system,
            "pattern": customer.pattern,
            "url": f"https://{customer.system}/requests/{{number}}",
        }
    ]


def _sites(customer: Customer, rng: random.Random) -> list[str]:
    if customer.about == "foreign":
        return rng.sample(FOREIGN_STREETS, 2)
    many = 6 if customer.about == "retail" else 3 if customer.about in {"cafe", "hospital", "bank", "food"} else 1
    return [f"{street}, {rng.randint(2, 96)}" for street in rng.sample(STREETS, many)]


class _People:
    """Makes people with names, posts, phones and addresses, each name once."""

    def __init__(self, rng: random.Random, since: datetime) -> None:
        self.rng = rng
        self.since = since
        self.taken: set[str] = set()
        self.number = 0
        self.foreigners = list(FOREIGNERS)

    def _name(self) -> tuple[str, str, str, bool]:
        """First name, father's name, family name, and whether it is a woman."""
        while True:
            female = self.rng.random() < 0.55
            first = self.rng.choice(WOMEN if female else MEN)
            father = self.rng.choice(FATHERS)[0 if female else 1]
            family = self.rng.choice(FAMILIES) + ("а" if female else "")
            if f"{family} {first}" not in self.taken:
                self.taken.add(f"{family} {first}")
                return first, father, family, female

    def somebody(self, organization: Organization, customer: Customer, place: int) -> Client:
        """Return a person of an organisation; the first of «Берёзка» is Clara."""
        if customer.about == "foreign":
            name, local = self.foreigners.pop(0)
            return self._client(
                name, name.split()[0], f"{local}@{customer.domain}", customer, organization, female=False
            )
        first, father, family, female = self._name()
        if customer.domain == "berezka.example" and place == 0:
            first, father, family, female = "Клара", "Андреевна", "Берёзкина", True
            return self._client(
                f"{first} {family}", first, "clara@berezka.example", customer, organization, female=True
            )
        formal = self.rng.random() < 0.45
        shown = f"{first} {father} {family}" if formal and self.rng.random() < 0.5 else f"{first} {family}"
        called = f"{first} {father}" if formal else first
        local = self.rng.choice(
            (f"{first[0]}.{family}", family, f"{family}.{first[0]}{father[0]}", f"{first}.{family}")
        )
        address = f"{local.lower().translate(TRANSLIT)}@{customer.domain}"
        return self._client(shown, called, address, customer, organization, female=female)

    def private(self, place: int) -> Client:
        """Return somebody who writes for himself."""
        first, _father, family, female = self._name()
        local = f"{family}{first[0]}{self.rng.randint(70, 99)}".lower().translate(TRANSLIT)
        customer = Customer("", "private", f"pochta{place % 3 + 1}.example", 0)
        return self._client(f"{first} {family}", first, f"{local}@{customer.domain}", customer, None, female=female)

    def _client(
        self,
        shown: str,
        called: str,
        address: str,
        customer: Customer,
        organization: Organization | None,
        *,
        female: bool,
    ) -> Client:
        self.number += 1
        if address in self.taken:
            local, _, domain = address.partition("@")
            address = f"{local}{self.number}@{domain}"
        self.taken.add(address)
        contact = Contact(
            name=shown,
            name_key=normal_form(shown)[:200],
            organization=organization,
            position=self.rng.choice(POSITIONS[customer.about]),
            language="en" if customer.about == "foreign" else "ru",
            phone=f"+7812555{self.number:04d}" if self.rng.random() < 0.7 else "",
            created_at=self.since + timedelta(days=self.number % 200),
        )
        return Client(contact, address, called, female, customer.about, called.count(" ") > 0)
