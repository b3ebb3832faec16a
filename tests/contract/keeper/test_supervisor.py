"""What the supervisor says of a part that does not start."""

from structlog.testing import capture_logs

from golive.kernel.config import settings
from golive.runtime.processes.supervisor import Supervisor
from golive.ship.replicas.domain import ProcessSpec
from golive.ship.replicas.ports import CannotStart
from tests.support.fake_keeper import FakeKeeper


def test_a_trouble_that_lasts_is_told_once_and_again_when_it_comes_back():
    keeper = FakeKeeper(unstartable={"edge": "no room"})
    supervisor = Supervisor(settings(), keeper)
    supervisor._specs = (ProcessSpec("edge", ("run",), "/"), ProcessSpec("store", ("run",), "/"))
    with capture_logs() as told:
        for _ in range(5):
            supervisor.look()
        keeper.unstartable = {}
        supervisor.look()
        keeper.lose("edge")
        keeper.unstartable = {"edge": "no room"}
        supervisor.look()
    assert [(line["event"], line["part"]) for line in told] == [("part_not_started", "edge")] * 2
    assert CannotStart.__name__ in supervisor._troubles["edge"]
    assert keeper.state("store").alive
