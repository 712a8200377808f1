"""Pages of the shell."""

from otklik.desk.views.audit import audit
from otklik.desk.views.chosen import reset as setting_reset
from otklik.desk.views.chosen import sample as setting_sample
from otklik.desk.views.chosen import settings
from otklik.desk.views.first import first_steps, sample, setup, steps_away
from otklik.desk.views.home import home, settings_home
from otklik.desk.views.live import live
from otklik.desk.views.palette import palette
from otklik.desk.views.profile import profile

__all__ = [
    "audit",
    "first_steps",
    "home",
    "live",
    "palette",
    "profile",
    "sample",
    "setting_reset",
    "setting_sample",
    "settings",
    "settings_home",
    "setup",
    "steps_away",
]
