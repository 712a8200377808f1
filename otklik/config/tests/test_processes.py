"""Back-off and signals of the supervisor."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from otklik.config.serve import processes
from otklik.config.serve.plan import Plan
from otklik.config.serve.processes import Restarts, Signals, allow_many_connections, how_it_ended


def test_quick_deaths_wait_longer_each_time_up_to_half_a_minute() -> None:
    restarts = Restarts()
    delays = []
    for _ in range(10):
        restarts.started()
        delays.append(restarts.delay())
    assert delays[:5] == [0.0, 0.5, 1.0, 2.0, 4.0]
    assert delays[-1] == 30.0


def test_a_long_life_forgives(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.0, 1.0, 2.0, 3.0, 100.0])
    monkeypatch.setattr(processes, "monotonic", lambda: next(clock))
    restarts = Restarts()
    restarts.started()
    assert restarts.delay() == 0.0
    restarts.started()
    assert restarts.delay() == 0.5
    # the third life lasted from 3.0 (read twice above) to 100.0
    restarts._started = 3.0
    assert restarts.delay() == 0.0


def test_process_may_open_as_many_connections_as_the_system_lets_it() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = min(before[1], 65_536) if before[1] != resource.RLIM_INFINITY else 65_536
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        assert allow_many_connections() == most
        assert allow_many_connections() == most
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (most, before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_signals_become_numbers_a_loop_reads() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    wakeup = signal.set_wakeup_fd(-1)
    signals = Signals([signal.SIGUSR1])
    try:
        os.kill(os.getpid(), signal.SIGUSR1)
        numbers, others = signals.wait(5)
        assert numbers == [signal.SIGUSR1]
        assert others == []
        assert signals.wait(0) == ([], [])
    finally:
        ignoring = signal.getsignal(signal.SIGINT)
        signals.forget()
        signal.signal(signal.SIGINT, ignoring)
        signal.signal(signal.SIGUSR1, before)
        signal.set_wakeup_fd(wakeup)


def test_ends_are_worded() -> None:
    assert how_it_ended(9) == "signal 9"
    assert how_it_ended(256) == "code 1"


@pytest.mark.parametrize("services", [None, (), ("smtp",)])
def test_a_plan_survives_the_command_line(services: tuple[str, ...] | None) -> None:
    plan = Plan(data="/a b", web=2, services=services, without=("smtp",), demo=True, listen_fd=3, smtp_fd=4)
    assert Plan.from_json(plan.to_json()) == plan
    assert plan.descriptors == (3, 4)


def test_a_crew_whose_supervisor_died_while_it_was_starting_ends_at_once(tmp_path: Path) -> None:
    plan = Plan(data=str(tmp_path / "desk"), web=0, services=("jobs",))
    command = [sys.executable, "-m", "otklik.config.serve.crew", plan.to_json()]
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    ended = subprocess.run([*command, gone.stdout.decode().strip()], timeout=60, check=False)
    assert ended.returncode == 1
    assert not (tmp_path / "desk").exists()
