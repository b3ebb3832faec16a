"""The end of everything: who starts processes first, the edge and the store last, nobody left, no app waited for long."""

from pathlib import Path

from golive.adapters.keeper import Keepers
from golive.runtime.parts import CONTROL, EDGE, ENGINE, STORE, WATCHDOG
from golive.runtime.processes.supervisor import APPS_S, stop_everything
from golive.ship.replicas.domain import Phase, ProcessSpec
from tests.support import wait_for

POLITE = "trap 'echo {name} >> {ended}; exit 0' TERM; touch {up}; while :; do sleep 0.05; done"
DEAF = "trap '' TERM; touch {up}; while :; do sleep 0.05; done"


def test_everything_ends_in_order_and_none_is_left(tmp_path: Path) -> None:
    keepers = Keepers(tmp_path / "run", tmp_path / "logs")
    ended = tmp_path / "ended"
    scripts = dict.fromkeys((EDGE, STORE, "shop-web-1", CONTROL, ENGINE, WATCHDOG), POLITE)
    try:
        for name, script in {**scripts, "shop-deaf-1": DEAF}.items():
            text = script.format(name=name, ended=ended, up=tmp_path / f"{name}.up")
            # An hour: only its own limit may end the wait for an app.
            grace = 3600.0 if name == "shop-deaf-1" else 10.0
            keepers.start(ProcessSpec(name, ("/bin/sh", "-c", text), "/", {"PATH": "/bin:/usr/bin"}, grace_s=grace))
        wait_for(lambda: len(list(tmp_path.glob("*.up"))) == 7, seconds=60, what="all to run")
        stop_everything(keepers)
        assert {state.phase for state in keepers.list()} == {Phase.STOPPED}
        assert not [state for state in keepers.list() if state.alive]
        assert keepers.kill_strays() == 0
        names = ended.read_text().split()
        assert set(names[:3]) == {WATCHDOG, ENGINE, CONTROL}
        assert names[3] == "shop-web-1"
        assert set(names[4:]) == {EDGE, STORE}
        assert APPS_S <= 5
    finally:
        for state in keepers.list():
            keepers.forget(state.id)
