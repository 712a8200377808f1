"""Pages of the shell."""

from otklik.desk.views.audit import audit
from otklik.desk.views.chosen import reset as setting_reset
from otklik.desk.views.chosen import settings
from otklik.desk.views.home import home
from otklik.desk.views.live import live
from otklik.desk.views.palette import palette
from otklik.desk.views.profile import profile

__all__ = ["audit", "home", "live", "palette", "profile", "setting_reset", "settings"]
