"""Pages of the shell."""

from otklik.desk.views.home import home
from otklik.desk.views.live import live
from otklik.desk.views.profile import profile

__all__ = ["home", "live", "profile"]
