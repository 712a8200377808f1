"""The files of a case under the names that people give them."""

from datetime import datetime

from otklik.demo import files
from otklik.demo.case import Case
from otklik.demo.letters import ZONE
from otklik.demo.lives import File


def file_of(case: Case, name: str, at: datetime) -> File:
    """Return a file of a case by what it is (display, frost, plate, door, log or a paper), named as by people."""
    words, local = case.fixed, at.astimezone(ZONE)
    seed = case.rng.randint(1, 9)
    photo = f"IMG_{local:%Y%m%d_%H%M%S}.jpg"
    match name:
        case "display":
            shown = words["err"] if case.rng.random() < 0.25 else words["t"]
            return File(photo, "image/jpeg", files.display(shown))
        case "frost":
            return File(case.rng.choice((photo, "лёд.jpg", "фото испарителя.jpg")), "image/jpeg", files.frost(seed))
        case "plate":
            return File(
                case.rng.choice((photo, "шильдик.jpg")),
                "image/jpeg",
                files.plate(words["m"], f"{14 + seed}42-{seed % 2}0417"),
            )
        case "door":
            return File(photo, "image/jpeg", files.door(seed))
        case "log":
            return File(
                case.rng.choice(("журнал.csv", "температуры.csv", "показания.csv")),
                "text/csv",
                files.log(str(seed)),
            )
    return _paper(name, words)


def _paper(name: str, words: dict[str, str]) -> File:
    titles = {
        "act": (f"Акт {words['act']}.pdf", f"Work report No {words['act']}"),
        "quote": (f"Предложение {words['inv']}.pdf", f"Offer No {words['inv']}"),
        "invoice": (f"Счёт {words['inv']}.pdf", f"Invoice No {words['inv']}"),
        "payment": (f"Платёжное поручение {words['inv']}.pdf", f"Payment order, invoice {words['inv']}"),
    }
    shown, title = titles[name]
    lines = [
        "Polus-Service, refrigeration and air conditioning",
        f"Contract {words['contract'].replace('ТО', 'TO')}",
        "",
        f"Total {words['sum'].replace(chr(160), ' ')} RUB",
        "",
        "Signed electronically",
    ]
    return File(shown, "application/pdf", files.pdf(title, lines))
