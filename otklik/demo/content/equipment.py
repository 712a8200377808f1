"""Equipment of the demo company's customers. Makers and models are invented."""

from typing import Final

MODELS: Final[dict[str, tuple[str, ...]]] = {
    "vitrine": ("Арктика-1,8", "Арктика-2,5", "Криос ВХ-2", "Nordvik 250", "Вьюга ВС-1,3", "Bjorn 180 Plug-in"),
    "freezer": ("Вьюга МЛ-400", "Криос Л-520", "Nordvik F350", "Полюс-600 С"),
    "chamber": ("КХ-6,6", "КХ-11", "Криос-камера 18", "ПолКам 8×4", "КХН-9", "PolarRoom 12"),
    "ice": ("Кубик-45", "IceDrop 80", "IceDrop 28"),
    "flake": ("Чешуя-300", "Чешуя-600 Т"),
    "chiller": ("АкваХолод 120", "Nordvik CH-60", "Буран-240", "Glacier 90T"),
    "cooler": ("ШХ-0,7 Полюс", "Криос-107", "Nordvik S500", "ШХФ-400", "Bjorn Bar 320"),
    "unit": ("АКМ-4,2", "Буран АК-15", "Nordvik CU-9", "АКН-2,8"),
    "wine": ("Сомелье-126", "Caveau 54", "Сомелье-40"),
    "fountain": ("Ручеёк-2", "Родник М"),
    "aircon": ("Бриз Ч-60", "Бриз Про 12", "Nordvik Split 24", "Пассат-К18", "Прецизион-30"),
    "truck": ("Тундра-500", "Тундра-250 моно"),
    "minibar": ("МБ-30", "SilentBox 40"),
    "fridge": ("Метелица-335", "Снежана-2", "Полюс-КШ 280", "Bjorn Home 340"),
    "prover": ("Тесто-16", "РШ-12 Пар"),
    "doc": ("",),
    "contract": ("",),
}
ERRORS: Final = ("E1", "E4", "E7", "rPF", "HA", "dEr", "HP2", "LP1", "A12", "F03")
