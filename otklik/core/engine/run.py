"""Runs the services of a process: one thread each, restarted with growing pauses when one fails."""

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import connections

from otklik.core.db.sqlite.checkpoint import ENGINE_CHECKPOINTS
from otklik.core.engine.beats import (
    WRITE_EVERY,
    beat,
    begin,
    expect,
    failed,
    forget,
    remove_health,
    write_health,
)
from otklik.core.engine.bell import listen, ring, stop_listening
from otklik.core.registry import Registry

logger = logging.getLogger(__name__)

Loop = Callable[[threading.Event], None]

_LONGEST_PAUSE = 30.0
_WELL_AFTER = 60.0


@dataclass(frozen=True, slots=True)
class Service:
    """A loop that runs until the given event is set. It sleeps with ``wait_for_wake`` and looks at the event."""

    name: str
    loop: Loop


services: Registry[Service] = Registry("engine services")


def register_service(name: str, factory: Loop) -> None:
    """Add a loop to the engine. ``factory(stop)`` is called in a thread of its own and returns once ``stop`` is set.

    When it raises or returns early it is logged, its health shows the error, and it is called again after a pause.
    Database connections of the thread are closed for it.
    """
    services.register(name, Service(name, factory))


def run_engine(stop: threading.Event, names: Sequence[str] | None = None, grace: float = 10.0) -> bool:
    """Run all services (or those named) until ``stop`` is set; then wait up to ``grace`` seconds for them to end.

    Returns whether all ended in time. Blocks; call it in the main thread of the engine process.
    """
    chosen = [services[name] for name in names] if names is not None else list(services)
    forget()
    listen()
    threads = [
        threading.Thread(target=_keep_running, args=(service, stop), name=f"otklik-{service.name}", daemon=True)
        for service in chosen
    ]
    if any(service.name == "checkpoint" for service in chosen):
        os.environ[ENGINE_CHECKPOINTS] = "1"
    for service, thread in zip(chosen, threads, strict=True):
        expect(service.name)
        thread.start()
    try:
        _write_health()  # at once: readiness waits for it
        while not stop.wait(WRITE_EVERY):
            _write_health()
    finally:
        stop.set()
        ring("*")
        ended = _join(threads, grace)
        _leave()
        stop_listening()
    return ended


def _join(threads: list[threading.Thread], grace: float) -> bool:
    end = time.monotonic() + grace
    for thread in threads:
        while thread.is_alive() and time.monotonic() < end:
            ring("*")
            thread.join(0.1)
    slow = [thread.name for thread in threads if thread.is_alive()]
    if slow:
        logger.warning("These services did not end in time: %s.", ", ".join(slow))
    return not slow


def _write_health() -> None:
    try:
        write_health()
    except Exception:
        logger.warning("The health of the services could not be written.", exc_info=True)
        connections.close_all()


def _leave() -> None:
    try:
        remove_health()
    except Exception:
        logger.warning("The health of the services could not be removed.", exc_info=True)
    finally:
        connections.close_all()


def _keep_running(service: Service, stop: threading.Event) -> None:
    pause, again = 0.5, False
    while not stop.is_set():
        begin(service.name, again=again)
        again = True
        began = time.monotonic()
        try:
            service.loop(stop)
            if not stop.is_set():
                failed(service.name, "The loop ended by itself.")
        except Exception as error:
            logger.exception("The service “%s” failed and is started again.", service.name)
            failed(service.name, f"{type(error).__name__}: {error}")
        finally:
            connections.close_all()
        pause = 0.5 if time.monotonic() - began > _WELL_AFTER else min(pause * 2, _LONGEST_PAUSE)
        _rest(service.name, stop, pause)


def _rest(name: str, stop: threading.Event, seconds: float) -> None:
    """Wait before the next start, heard of meanwhile: a service that fails is not a silent one."""
    end = time.monotonic() + seconds
    while not stop.is_set() and time.monotonic() < end:
        beat(name)
        stop.wait(min(1.0, seconds))
