"""The engine: the long-running loops of one process, how they are woken, and whether they are well."""

from otklik.core.engine.beats import ServiceHealth, beat, health, healthy, others
from otklik.core.engine.bell import listen, ring, wait_for_wake, wake
from otklik.core.engine.run import Service, register_service, run_engine, services

__all__ = [
    "Service",
    "ServiceHealth",
    "beat",
    "health",
    "healthy",
    "listen",
    "others",
    "register_service",
    "ring",
    "run_engine",
    "services",
    "wait_for_wake",
    "wake",
]
