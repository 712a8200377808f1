"""The people every test knows: Anna the agent, Boris her teammate, Clara the customer, Dmitri the stranger."""

from dataclasses import dataclass

from otklik.accounts import actions as accounts
from otklik.accounts.models import Team, User
from otklik.accounts.queries import actor_for
from otklik.contacts import actions as contacts
from otklik.contacts.models import Contact, Organization
from otklik.core.actor import Actor
from otklik.core.cached import forget
from otklik.core.clock import now
from otklik.tickets import actions as tickets
from otklik.tickets.models import Channel, Ticket

PASSWORD = "very long and secret"  # noqa: S105 - of people who exist only in tests
MAILBOX = "support@desk.example"


@dataclass(frozen=True, slots=True)
class People:
    """Rows and actors of a small company: two teams, one mailbox, two organisations."""

    anna: User
    boris: User
    vera: User
    admin: User
    technician: User
    observer: User
    clara: Contact
    dmitri: Contact
    desk: Team
    field: Team
    mailbox: Channel
    berezka: Organization
    romashka: Organization

    def actor(self, user: User) -> Actor:
        """Return the actor of one of the users."""
        return actor_for(user)

    def contact_actor(self, contact: Contact) -> Actor:
        """Return the actor of one of the contacts."""
        return Actor(kind="contact", id=contact.pk, name=contact.name)

    def ticket(self, subject: str = "Витрина не холодит", **more: object) -> Ticket:
        """Open a ticket of Clara's by mail, as Anna would enter it."""
        values = {
            "subject": subject,
            "requester": self.clara,
            "body_text": "Добрый день! Витрина с утра не держит температуру.",
            "channel": self.mailbox,
            "by": self.actor(self.anna),
        } | more
        return tickets.open_ticket(**values)  # type: ignore[arg-type]


def people() -> People:
    """Make the company in the test's database: Anna and Boris in the desk's team, Vera supervises."""
    system = Actor.system()
    desk, field = Team.objects.create(name="Диспетчерская"), Team.objects.create(name="Выездная бригада")

    def user(email: str, name: str, role: str, *teams: Team) -> User:
        return accounts.add_user(
            f"{email}@desk.example", name=name, role=role, password=PASSWORD, teams=teams, by=system
        )

    berezka = contacts.add_organization(name="Берёзка", domains=["berezka.example"], by=system)
    romashka = contacts.add_organization(name="Ромашка", domains=["romashka.example"], by=system)
    clara = contacts.add_contact(name="Клара Миронова", addresses=["clara@berezka.example"], by=system)
    dmitri = contacts.add_contact(name="Дмитрий Чужой", addresses=["dmitri@elsewhere.example"], by=system)
    mailbox = Channel.objects.create(
        kind="email", name="Поддержка", address=MAILBOX, team=desk, language="ru", created_at=now()
    )
    forget("directories")
    return People(
        anna=user("anna", "Анна Лебедева", "agent", desk),
        boris=user("boris", "Борис Кручинин", "agent", desk),
        vera=user("vera", "Вера Стоянова", "supervisor"),
        admin=user("admin", "Администратор", "admin"),
        technician=user("gleb", "Глеб Рощин", "technician", field),
        observer=user("nina", "Нина Ершова", "observer"),
        clara=clara,
        dmitri=dmitri,
        desk=desk,
        field=field,
        mailbox=mailbox,
        berezka=berezka,
        romashka=romashka,
    )
