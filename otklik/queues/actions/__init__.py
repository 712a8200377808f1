"""Everything that writes in guided work."""

from otklik.queues.actions.reasons import save_reason
from otklik.queues.actions.walking import Handed, go_on, leave_walk, prune_walks, skip_ticket, start_walk

__all__ = ["Handed", "go_on", "leave_walk", "prune_walks", "save_reason", "skip_ticket", "start_walk"]
