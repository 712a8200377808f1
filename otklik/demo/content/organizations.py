"""Customers of the demo company: name, what they are, mail domain, how many sites, how their own desk numbers
requests."""

from typing import Final, NamedTuple


class Customer(NamedTuple):
    """One organisation. ``pattern`` is a template of numbers of its own service desk, ``system`` that desk's name."""

    name: str
    about: str
    domain: str
    people: int
    system: str = ""
    pattern: str = ""
    note: str = ""


CUSTOMERS: Final = (
    Customer(
        "Сеть магазинов «Берёзка»",
        "retail",
        "berezka.example",
        14,
        "sd.berezka.example",
        "RP#######",
        "Заявки из их сервис-деска: срок 4 часа по авариям, акты только с подписью директора.",
    ),
    Customer(
        "«Ромашка Маркет»",
        "retail",
        "romashka-market.example",
        13,
        "help.romashka-market.example",
        "INC-######",
        "Работы в зале до 10:00 или после 21:00.",
    ),
    Customer("Гастроном «Девятый»", "retail", "gastronom9.example", 9),
    Customer(
        "Супермаркеты «Каравай»",
        "retail",
        "karavay.example",
        11,
        "sd.karavay.example",
        "KR-####-##",
        "Штраф за просрочку, звонить диспетчеру до выезда.",
    ),
    Customer("«Фермерский ряд»", "retail", "fermryad.example", 7),
    Customer("Рыбный двор «Лосось»", "food", "losos-dvor.example", 8),
    Customer("Кафе «Мельница»", "cafe", "cafe-melnica.example", 6),
    Customer("Кофейни «Дрозд»", "cafe", "drozd-coffee.example", 9, note="Девять точек, ключи у управляющего."),
    Customer("Ресторан «Причал 4»", "cafe", "prichal4.example", 6),
    Customer("Пекарня «Тёплый хлеб»", "food", "teplyhleb.example", 7),
    Customer("Столовая № 15", "cafe", "stolovaya15.example", 5),
    Customer("Пиццерия «Дрова»", "cafe", "drova-pizza.example", 6),
    Customer("Бар «Полночь»", "bar", "bar-polnoch.example", 4),
    Customer("Бар «Тоник»", "bar", "tonik-bar.example", 4),
    Customer("Отель «Адмирал»", "hotel", "admiral-hotel.example", 8, note="Шумные работы только с 11 до 16."),
    Customer("Гостиница «Озёрная»", "hotel", "ozernaya.example", 7),
    Customer("Апарт-отель «Маяк»", "hotel", "mayak-apart.example", 6),
    Customer(
        "Городская больница № 2", "hospital", "gb2.example", 9, note="Вход по спискам, корпус 4 — через служебный."
    ),
    Customer("Аптеки «Подорожник»", "hospital", "podorozhnik.example", 8),
    Customer("Клиника «Верба»", "hospital", "verba-clinic.example", 6),
    Customer(
        "Молочный завод «Луговой»",
        "food",
        "lugovoy-moloko.example",
        10,
        "tp.lugovoy-moloko.example",
        "LM#####",
        "Аварии по чиллерам — сразу главному энергетику.",
    ),
    Customer("Мясокомбинат «Приволье»", "food", "privolye.example", 9),
    Customer("Кондитерская «Сахарок»", "food", "saharok.example", 6),
    Customer(
        "Склад «Северный логистический»",
        "warehouse",
        "sevlog.example",
        10,
        "desk.sevlog.example",
        "SL-*",
        "Пропуска за сутки.",
    ),
    Customer("«Холодный терминал»", "warehouse", "holterminal.example", 8),
    Customer("Доставка «Рысь»", "warehouse", "rys-dostavka.example", 7),
    Customer("Завод «Полимер-Т»", "factory", "polimer-t.example", 7),
    Customer("Приборный завод «Вектор»", "factory", "vektor-zavod.example", 6),
    Customer("ТРЦ «Галактика»", "mall", "galaktika-mall.example", 9),
    Customer("Торговый центр «Южный»", "mall", "tc-yuzhny.example", 7),
    Customer(
        "Дата-центр «Стойка»",
        "datacenter",
        "stoika-dc.example",
        6,
        "noc.stoika-dc.example",
        "DC#####",
        "Реакция 1 час, круглосуточно.",
    ),
    Customer("Банк «Опора»", "bank", "opora-bank.example", 8),
    Customer("Школа № 31", "school", "school31.example", 5),
    Customer("Лицей «Гармония»", "school", "garmonia-school.example", 5),
    Customer("Цветы «Мимоза»", "florist", "mimoza-flowers.example", 5),
    Customer("Цветочная база «Лепесток»", "florist", "lepestok.example", 5),
    Customer("Ледовая арена «Метель»", "arena", "metel-arena.example", 5),
    Customer("Бизнес-центр «Квартал»", "office", "kvartal-bc.example", 7),
    Customer("Harbour Inn Hotels", "foreign", "harbour-inn.example", 6, note="Write in English."),
    Customer("Nordsee Foods", "foreign", "nordsee-foods.example", 4, note="Write in English."),
)
STREETS: Final = (
    "Садовая Лесная Заводская Речная Полевая Школьная Вокзальная Портовая Парковая Южная Горького Чехова"
    " Комсомольская Октябрьская Набережная"
    " Кирова Зелёная Мирная Солнечная Луговая Каштановая Цветочная Новая Рябиновая Строителей Энергетиков Тургенева"
    " Гагарина Базарная Мельничная"
).split()
FOREIGN_STREETS: Final = ("Portovaya 3", "Naberezhnaya 17", "Sadovaya 41", "Lesnaya 8")
