import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.ship.judge.domain import Attempt, CheckpointError, Config, Fault, Judge, Probe
from golive.ship.judge.domain.judge import VERSION

sides = st.sampled_from(["new", "old", "older"])
routes = st.sampled_from(["GET /", "POST /checkout", "GET /x"])
events = st.one_of(
    st.builds(
        Attempt,
        t=st.floats(-10, 1),
        client=st.sampled_from("abcdefgh"),
        route=routes,
        release=sides,
        status=st.sampled_from([200, 200, 200, 302, 404, 500, 0]),
        ms=st.floats(0, 3000),
        request=st.sampled_from(["", "q1", "q2"]),
        left=st.booleans(),
        known=st.booleans(),
        prefix=st.sampled_from(["", "n1", "n2"]),
    ),
    st.builds(
        Probe,
        t=st.just(0.0),
        route=routes,
        release=sides,
        status=st.sampled_from([200, 500]),
        ms=st.just(9.0),
    ),
    st.builds(Fault, t=st.just(0.0), release=sides, kind=st.sampled_from(["crash_loop", "readiness_lost"])),
    st.tuples(
        st.sampled_from([0.0, 0.1, 0.5, 0.97]),
        st.sampled_from(["step", "pull", "migration", "resume"]),
    ),
    st.just("tick"),
    st.just("counters"),
)


def play(judge, script, t):
    out = []
    for event in script:
        if event == "tick":
            t += 1.0
            out += judge.tick(t)
        elif event == "counters":
            judge.counters(t, {"new": t * 10, "old": t * 20})
        elif isinstance(event, Attempt | Probe | Fault):
            judge.observe(event._replace(t=t + event.t))
        else:
            judge.switch(t, event[0], event[1])
    return out, t


@settings(max_examples=60)
@given(st.lists(events, max_size=150), st.lists(events, max_size=150))
def test_a_judge_loaded_from_its_checkpoint_goes_on_bit_by_bit(before, after):
    config = Config(probes=("GET /",))
    whole, first = Judge(config, "new", "old"), Judge(config, "new", "old")
    start = 1000.0
    said, t = play(whole, before, start)
    assert play(first, before, start)[0] == said
    second = Judge.load(json.loads(json.dumps(first.dump())))
    assert play(second, after, t)[0] == play(whole, after, t)[0]
    assert second.dump() == whole.dump()
    assert second.explain() == whole.explain()
    json.dumps(whole.explain(), allow_nan=False)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
        lambda x: st.lists(x, max_size=4) | st.dictionaries(st.text(max_size=5), x, max_size=3),
    )
)
def test_a_damaged_checkpoint_is_refused(image):
    with pytest.raises(CheckpointError):
        Judge.load(image)
    with pytest.raises(CheckpointError):
        Judge.load({"version": VERSION, "standing": image})
