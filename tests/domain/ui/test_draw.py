"""Drawings: well formed, hostile words stay words, nothing measured is no line, what is asked for is in the picture."""

import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.kernel.ui import draw
from golive.kernel.ui.draw import Curve, Lens, Mark, Plan, Series, Station, Stretch
from golive.kernel.ui.draw.bars import Part
from golive.kernel.ui.draw.scales import NOW_AT, evidence_y, horizon_share, round_top

T = 1_795_000_000.0
LENS = Lens(T - 180, T + 60, T)
HOSTILE = '"><script>alert(1)</script>&<'


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def words_of(svg: str) -> list[str]:
    return ["".join(text.itertext()) for text in parsed(svg).iter("text")]


def curves(svg: str) -> list[ElementTree.Element]:
    return [path for path in parsed(svg).iter("path") if "curve" in path.get("class", "")]


readings = st.lists(st.tuples(st.floats(T - 180, T), st.one_of(st.none(), st.floats(0, 1e9))), max_size=40)


@given(readings)
def test_any_readings_make_a_well_formed_chart(points):
    svg = draw.time_chart(LENS, [Series("p95", sorted(points, key=lambda p: p[0]), area=True)], label="p95")
    parsed(svg)
    assert "nan" not in svg.lower()
    assert "inf" not in svg.lower()


def test_hostile_words_stay_words():
    marks = [Mark(T - 100, HOSTILE)]
    pictures = [
        draw.time_chart(
            LENS,
            [Series(HOSTILE, [(T - 100, 1.0), (T, 2.0)])],
            label=HOSTILE,
            limit=(1, HOSTILE),
            marks=marks,
            height=120,
        ),
        draw.evidence(LENS, [Curve(HOSTILE, [(T - 9, 1.0), (T, 2.0)], main=True)], label=HOSTILE, marks=marks),
        draw.horizon(
            T,
            [Stretch(HOSTILE, T - 9e5), Stretch(HOSTILE, T - 60, branch=True)],
            label=HOSTILE,
            marks=marks,
            plans=[Plan(T + 60, HOSTILE)],
            lens=LENS,
        ),
        draw.split(LENS, [(T - 180, 0.1)], old=HOSTILE, new=HOSTILE, label=HOSTILE),
        draw.traffic([Part(HOSTILE, 1.0, "serving")]),
        draw.calendar(["serving"], label=HOSTILE),
    ]
    for picture in pictures:
        parsed(picture)
        assert "<script" not in picture
        assert "style=" not in picture


def test_what_is_down_is_told_by_a_shape_and_by_its_thin_line_not_only_by_red():
    served, broken = Stretch("1.1", T - 9e5, T - 600), Stretch("", T - 600, state="broken", shares=[(T - 600, 0.0)])
    for picture in (draw.horizon(T, [served, broken], label="x"), draw.lane(T, [served, broken])):
        rivers = [rect for rect in parsed(picture).iter("rect") if rect.get("class") == "river"]
        green, red = (float(rect.get("height")) for rect in (rivers[0], rivers[-1]))
        assert red < 2 < green
        assert len([path for path in parsed(picture).iter("path") if path.get("data-state") == "broken"]) == 1
        assert words_of(picture).count("1.1") == 1


def test_bars_say_when_and_show_deploys_and_incidents():
    lens = Lens(T - 3600, T, T)
    marks = [Mark(T - 1800, "1.5.0"), Mark(T - 600, "#17", "broken"), Mark(T - 7200, "1.4.2")]
    svg = draw.time_bars(lens, [(T - 600.0, 12.0, 3.0)], 40, label="x", marks=marks)
    said = words_of(svg)
    assert {"1.5.0", "#17", "12 in 40\u00a0s"} <= set(said)
    assert "1.4.2" not in said
    assert sum(word.count(":") == 1 for word in said) >= 4


def test_words_of_signs_on_the_line_of_time_never_lie_over_another_sign():
    near = [Mark(T - 700, "1.1 pulled", "broken"), Mark(T - 400, "1.2 pulled", "broken"), Mark(T - 390, "#3", "broken")]
    said = words_of(draw.horizon(T, [], label="x", marks=near))
    assert "1.1 pulled" in said
    assert not {"1.2 pulled", "#3"} <= set(said)


def test_names_of_releases_side_by_side_never_lie_over_each_other():
    one, two = Stretch("1.0", T - 300, T - 30), Stretch("1.1", T - 30, branch=True, state="moving")
    assert set(words_of(draw.lane(T, [one, two]))) == {"1.1"}
    assert set(words_of(draw.lane(T, [Stretch("1.0", T - 9e5), two]))) == {"1.0", "1.1"}
    assert words_of(draw.lane(T, [Stretch("0.9", T - 2e6, T - 6e5), Stretch("1.0", T - 6e5)])) == ["1.0"]


def test_a_sign_just_before_now_has_its_words_beside_the_line_not_across_it():
    ruler = draw.horizon(T, [], label="x", marks=[Mark(T - 90, "1.2 pulled", "broken"), Mark(T - 110, "#1", "broken")])
    assert "1.2 pulled" not in words_of(ruler)


def test_no_curve_strikes_out_the_names_of_the_lines_that_golive_acts_on():
    svg = draw.evidence(LENS, [Curve("all", [(T - 170, 1.0), (T - 160, 150.0)], "broken", main=True)], label="x")
    assert svg.index("curve main") < svg.index("PULL at 20")


@given(st.lists(st.floats(min_value=T - 300, max_value=T), min_size=2, max_size=6))
def test_words_of_marks_never_lie_over_each_other(moments):
    svg = draw.time_chart(
        LENS, [], label="x", height=96, marks=[Mark(at, f"{n} gets 50 %") for n, at in enumerate(moments)]
    )
    for narrow, width in ((True, 350), (False, 620)):
        taken = []
        for text in parsed(svg).iter("text"):
            if "gets" not in (text.text or "") or (narrow and "wide" in text.get("class").split()):
                continue
            x, room = float(text.get("x").rstrip("%")) / 100 * width, len(text.text) * 6
            taken.append((x - 4 - room, x - 4) if text.get("text-anchor") == "end" else (x + 4, x + 4 + room))
        taken.sort()
        assert all(a[1] <= b[0] for a, b in pairwise(taken))


def test_a_moment_beside_now_is_left_out_where_both_would_not_be_legible():
    lens = Lens(T - 3600, T + 72, T)  # now stands at the right edge
    ruler = parsed(draw.horizon(T, [], label="x", lens=lens))
    at = {text.text: float(text.get("x").rstrip("%")) for text in ruler.iter("text") if ":" in (text.text or "")}
    now = next(x for said, x in at.items() if said.count(":") == 2)
    assert all(now - x > 14 for said, x in at.items() if said.count(":") == 1)


def test_a_gap_in_the_readings_is_a_gap_in_the_line():
    line = [(T - 100.0, 1.0), (T - 90.0, 2.0), (T - 80.0, None), (T - 70.0, 1.0), (T - 60.0, 2.0)]
    assert len(curves(draw.time_chart(LENS, [Series("p95", line)], label="p95"))) == 2


def test_nothing_measured_draws_no_line():
    assert curves(draw.time_chart(LENS, [Series("p95", [])], label="p95")) == []
    assert draw.sparkline([None, None]) == ""


def test_the_evidence_shows_both_lines_that_golive_acts_on():
    said = words_of(draw.evidence(LENS, [Curve("all", [(T - 60, 1.0), (T, 0.61)], "moving", main=True)], label="x"))
    assert {"◆ PULL at 20", "✕ ROLL BACK at 100", "0.61"} <= set(said)


def test_after_the_pull_the_curve_is_drawn_differently():
    curve = Curve("all", [(T - 60, 1.0), (T - 30, 21.0), (T, 140.0)], "broken", main=True, pulled_at=T - 30)
    classes = [path.get("class") for path in curves(draw.evidence(LENS, [curve], label="x"))]
    assert classes == ["curve main", "curve after"]


def test_the_evidence_axis_rises_and_keeps_inside():
    heights = [evidence_y(value, 176) for value in (0, 0.1, 1, 20, 100, 300, 1e9)]
    assert heights == sorted(heights, reverse=True)
    assert all(0 <= y <= 176 for y in heights)


@given(st.floats(-4e6, 4e6), st.floats(-4e6, 4e6))
def test_the_horizon_keeps_the_order_of_moments(a, b):
    low, high = sorted((a, b))
    assert horizon_share(low) <= horizon_share(high)
    assert 0 <= horizon_share(low) <= 1
    assert horizon_share(0) == NOW_AT


@given(st.floats(1e-9, 1e12))
def test_the_top_of_a_chart_holds_its_values(value):
    assert value * (1 - 1e-6) <= round_top(value) <= value * 2.6


@pytest.mark.parametrize("span", [20, 300, 3600, 86_400, 30 * 86_400])
def test_rulers_have_a_few_round_moments(span):
    ticks = Lens(T, T + span, T).ticks()
    assert 1 <= len(ticks) <= 8
    assert ticks == sorted(ticks)


def test_a_lens_needs_a_length():
    with pytest.raises(ValueError, match="end after its start"):
        Lens(T, T, T)


def test_who_serves_says_so_to_those_who_do_not_see_it():
    bar = parsed(draw.traffic([Part("1.4.2", 0.9, "serving"), Part("1.5.0", 0.1, "moving")]))
    assert bar.get("aria-label") == "1.4.2 serves 90\u00a0%, 1.5.0 serves 10\u00a0%"
    assert bar.get("role") == "img"


@pytest.mark.parametrize(("left", "state"), [(0.9, "serving"), (0.0, "broken"), (-3.0, "broken")])
def test_a_budget_that_runs_out_changes_its_look(left, state):
    states = {rect.get("data-state") for rect in parsed(draw.budget(left)).iter("rect")}
    assert state in states


def test_a_station_is_a_train_only_where_the_release_stands():
    here = draw.track(Station("Canary", "here", share=0.1, progress=0.5, state="moving"))
    done = draw.track(Station("Warm", "done"))
    assert "l-7.6 8H0z" in here
    assert "l-7.6 8H0z" not in done
