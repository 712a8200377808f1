"""The saved replies of the demo: everybody's, of teams, and some people's own, with placeholders."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from otklik.demo.company import Company
from otklik.tickets.actions.saving import save_reply
from otklik.tickets.models import SavedReply, Sharing


@dataclass(frozen=True, slots=True)
class _Text:
    """A saved reply; ``team`` shares it with a team, ``own`` keeps it for one person, else it is everybody's."""

    folder: str
    title: str
    body: str
    team: str = ""
    own: str = ""


_TEXTS: Final = (
    _Text(
        "Приём заявок", "Заявка принята",
        "Здравствуйте, {{ requester.first_name }}!\n\nЗаявка № {{ ticket.number }} принята. Диспетчер свяжется с вами "
        "в течение часа. Если появятся подробности, просто ответьте на это письмо.\n\n{{ agent.name }}",
    ),
    _Text(
        "Приём заявок", "Уточнить модель и адрес",
        "{{ requester.first_name }}, добрый день!\n\nЧтобы прислать мастера с нужными деталями, напишите, пожалуйста:\n"
        "— модель и серийный номер с шильдика (можно фото);\n— адрес и телефон на месте;\n— когда вам удобно.",
    ),
    _Text(
        "Приём заявок", "Нужен номер договора",
        "Здравствуйте, {{ requester.first_name }}!\n\nПодскажите, пожалуйста, номер договора "
        "{% if organization.name %}для «{{ organization.name }}»{% else %}или реквизиты плательщика{% endif %}: по "
        "нему проверим условия выезда. Без договора выезд тоже возможен, стоимость 1 200 ₽.",
    ),
    _Text(
        "Ход работ", "Мастер назначен",
        "{{ requester.first_name }}, мастер по заявке № {{ ticket.number }} назначен. За полчаса до приезда он "
        "позвонит. Обеспечьте, пожалуйста, доступ к оборудованию.", team="field",
    ),
    _Text(
        "Ход работ", "Перенос выезда",
        "Здравствуйте, {{ requester.first_name }}!\n\nПриносим извинения: мастер задерживается на предыдущем объекте. "
        "Предлагаем перенести выезд на ближайшее удобное вам время. Напишите, когда вас застать.", team="field",
    ),
    _Text(
        "Ход работ", "Ждём деталь",
        "{{ requester.first_name }}, добрый день!\n\nДеталь по заявке № {{ ticket.number }} заказана, обычно её везут "
        "3–5 рабочих дней. Как только она будет на складе, согласуем время. Заявку держим на контроле.",
    ),
    _Text(
        "Мастерская", "Готово к выдаче",
        "Здравствуйте, {{ requester.first_name }}!\n\nОборудование по заявке № {{ ticket.number }} отремонтировано и "
        "проверено. Забрать можно по будням с 9 до 18, Литейная, 12. Возьмите, пожалуйста, квитанцию.", team="workshop",
    ),
    _Text(
        "Мастерская", "Согласовать стоимость ремонта",
        "{{ requester.first_name }}, диагностика закончена. Стоимость ремонта с деталями — … ₽, срок — … дня, гарантия "
        "3 месяца. Согласны? Если нет, вернём оборудование без оплаты диагностики.", team="workshop",
    ),
    _Text(
        "Завершение", "Проверьте и подтвердите",
        "{{ requester.first_name }}, работы по заявке «{{ ticket.subject }}» выполнены. Проверьте, пожалуйста, и "
        "ответьте на письмо, если что-то не так: мы вернёмся к ней без новой заявки.\n\n{{ agent.name }}",
    ),
    _Text(
        "Завершение", "Акт и счёт отправлены",
        "Здравствуйте, {{ requester.first_name }}!\n\nАкт и счёт по заявке № {{ ticket.number }} от {{ today.date }} "
        "отправили вам через ЭДО. Если удобнее бумага, напишите адрес.", team="desk",
    ),
    _Text(
        "", "Моё приветствие",
        "Добрый день, {{ requester.first_name }}! Это {{ agent.first_name }} из диспетчерской «Полюс-Сервиса».",
        own="agent",
    ),
    _Text(
        "", "Звоню позже",
        "{{ requester.first_name }}, не дозвонился до вас. Наберу ещё раз сегодня до 18:00, или напишите удобное "
        "время.",
        own="boris",
    ),
)  # fmt: skip


def save_texts(company: Company, at: datetime) -> int:
    """Keep the saved replies as if they had been written one by one over the last months; return how many."""
    for place, text in enumerate(_TEXTS):
        sharing = Sharing.OWN if text.own else Sharing.TEAM if text.team else Sharing.ALL
        row = save_reply(
            None, title=text.title, folder=text.folder, body_text=text.body, sharing=sharing,
            team=company.teams[text.team] if text.team else None, by=company.actors[text.own or "supervisor"],
        )  # fmt: skip
        SavedReply.objects.filter(pk=row.pk).update(changed_at=at - timedelta(days=150 - place * 9))
    return len(_TEXTS)
