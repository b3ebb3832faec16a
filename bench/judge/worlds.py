"""The worlds: plain A/A, good releases that look bad, bad ones that look good, trouble that both releases share."""

from __future__ import annotations

from dataclasses import replace

from bench.judge.world import Effect, World

HALF = ((0.5, 60.0, 120.0),)
DEMO = ((0.1, 15.0, 20.0), (0.5, 20.0, 30.0))
SHORT = 340.0
SLOWLY = ((0.1, 120.0, 240.0), (0.5, 120.0, 240.0))
WISHES = (("GET /wishlist", 0.1, 250.0), ("POST /wishlist", 0.05, 60.0))  # what only new has


def plain() -> list[tuple[World, int]]:
    """A/A worlds with the share of all A/A runs each gets, per cent."""
    shares = {0.2: 15, 1: 20, 2: 15, 5: 15, 20: 20, 50: 10, 100: 5}
    out = []
    for rps, share in shares.items():
        steps = HALF if rps < 5 else World("", "good").steps
        out.append((World(f"aa_{rps}", "good", rps=rps, steps=steps, horizon=400), share))
    return out


def traps() -> list[World]:
    """Good releases that look bad."""
    w = World("", "good", horizon=SHORT, trap=True)
    hiccups = tuple(Effect(on=side, half=True, on_s=6, off_s=250, even=True) for side in ("new", "old"))
    worlds = {
        "cold_15s": replace(w, effects=(Effect(what="slow", factor=6, cold=15),)),
        "cold_45s": replace(w, effects=(Effect(what="slow", factor=6, cold=45),)),
        "hiccup_once": replace(w, effects=(Effect(half=True, random_start=(5, 250), length=6),)),
        "hiccups": replace(w, effects=hiccups, baseline=400),
        "hiccups_unseen": replace(w, effects=tuple(replace(e, start=0) for e in hiccups)),
        "hiccups_of_new": replace(w, effects=hiccups[:1]),
        "heavy_error": replace(w, heavy=0.25, heavy_fail=0.4),
        "retry_storm": replace(w, base_error=0.02, retry=0.9),
        "scanners": replace(w, scanners=0.2),
        "base_8pct": replace(w, base_error=0.08),
        "late_logs": replace(w, late=10.0),
        "log_bursts": replace(w, late=2.0, late_burst=8.0),
        "stall_of_new": replace(w, effects=(Effect(what="slow", factor=100, random_start=(5, 250), length=8),)),
        "slow_stalls_of_new": replace(w, effects=(Effect(what="slow", factor=8, on_s=6, off_s=250, even=True),)),
        "cold_answers": replace(w, rps=100, effects=(Effect(what="slow", factor=60, cold=8),)),
        "new_route": replace(w, extra=WISHES, effects=(Effect(what="302", routes=("POST /wishlist",)),)),
        "clock_forward": replace(w, clock_step=3600.0, rps=10),
        "clock_back": replace(w, clock_step=-3600.0, rps=10),
    }
    return [replace(x, name=name) for name, x in worlds.items()]


def shared() -> list[World]:
    """Trouble that both releases have; rolled back must be 0."""
    w = World("", "shared", horizon=SHORT, trap=True)
    worlds = {
        "markov": replace(w, effects=(Effect(on="both", p=0.25, on_s=10, off_s=90),)),
        "markov_unseen": replace(w, effects=(Effect(on="both", p=0.25, on_s=10, off_s=90, start=0),)),
        "outage_at_switch": replace(w, effects=(Effect(on="both", p=0.9, start=0, end=40),)),
        "failover_at_switch": replace(w, effects=(Effect(on="both", p=0.6, start=-2, end=8),)),
        "outage_in_canary": replace(w, effects=(Effect(on="both", p=0.6, start=90, end=130),)),
        "outage_after_full": replace(w, effects=(Effect(on="both", p=0.6, start=260, end=320),)),
        "region_down": replace(w, effects=(Effect(on="both", one_in=4, start=30, end=110),)),
        "region_on_new": replace(
            w,
            effects=(Effect(on="both", arms=(0, 0.08), random_start=(20, 200), length=90),),
        ),
        "region_on_old": replace(
            w,
            effects=(Effect(on="both", arms=(0.6, 0.8), random_start=(20, 200), length=90),),
        ),
        "daily_drift": replace(w, effects=(Effect(on="both", p=0.06, grow=300, start=0),)),
        "demo_dependency": replace(
            w,
            shop=True,
            clients=60,
            steps=DEMO,
            baseline=40,
            began_with=5,
            effects=(
                Effect(
                    on="both",
                    routes=("POST /checkout", "GET /cart", "POST /cart"),
                    start=25,
                    end=55,
                ),
            ),
        ),
    }
    return [replace(x, name=name) for name, x in worlds.items()] + hanging_for_both()


def hanging_for_both() -> list[World]:
    """What both depend on hangs completely, unseen by readiness: few requests to new come before the first fails."""
    w = World("", "shared", horizon=SHORT, trap=True, probes=(), session=1e7)
    return [
        replace(
            w,
            name=f"both_hang{length}_{rps}_{percent}",
            rps=rps,
            clients=max(30, 3 * rps),
            steps=steps,
            effects=(Effect(on="both", what=what, random_start=(5, 150), length=length),),
        )
        for what, length in (("stall", 30), ("hang", 120))
        for rps in (5, 20, 100)
        for percent, steps in ((10, w.steps), (50, HALF))
    ]


def bad() -> list[World]:
    """Bad releases: the aims' own rows first, then those that look good."""
    w = World("", "bad", horizon=SHORT)
    checkout = ("POST /checkout",)
    out = []
    for rps in (0.2, 1, 2, 20, 100):
        for p in (1.0, 0.2):
            steps = HALF if rps < 5 else w.steps
            horizon = 1500.0 if rps < 1 else SHORT
            out.append(
                replace(
                    w,
                    name=f"bad{int(100 * p)}_{rps}",
                    rps=rps,
                    steps=steps,
                    horizon=horizon,
                    effects=(Effect(p=p),),
                )
            )
    blind = replace(w, steps=HALF, probes=(), session=1e7)
    out += [
        replace(blind, name=f"unprobed{int(100 * p)}_{rps}", rps=rps, clients=max(30, 3 * rps), effects=(Effect(p=p),))
        for rps, p in ((1, 1.0), (5, 0.2), (25, 0.2), (25, 1.0), (100, 0.2))
    ]
    out += [
        replace(
            blind, name=f"hang_{rps}", rps=rps, clients=max(30, 3 * rps), steps=w.steps, effects=(Effect(what="hang"),)
        )
        for rps in (5, 20, 100)
    ]
    looks_good = {
        "slow_x3": (Effect(what="slow", factor=3),),
        "post_60pct": (Effect(p=0.6, routes=checkout),),
        "one_in_15": (Effect(one_in=15),),
        "first_request": (Effect(first=True),),
        "rare_route": (Effect(routes=("GET /api/track/{id}",)),),
        "big_only": (Effect(p=0.3, routes=("POST /cart",), one_in=3),),
        "removed_route": (Effect(what="404", routes=("GET /stores",)),),
        "lost_sessions": (Effect(what="401", p=0.7, routes=("GET /cart", "GET /orders/{id}", "POST /checkout")),),
        "redirect_loop": (Effect(what="302", routes=("GET /cart",)),),
        "leak_after_full": (Effect(p=0.5, grow=300, start=490),),
        "thin_tail": (Effect(what="slow", p=0.1, factor=10),),
        "late_fault": (Effect(p=0.2, start=550),),
        "two_at_once": (Effect(p=0.3, routes=checkout), Effect(what="slow", factor=2)),
    }
    out += [replace(w, name=n, effects=e, trap=True, horizon=800.0, steps=SLOWLY) for n, e in looks_good.items()]
    wishlist = replace(w, trap=True, horizon=800.0, steps=SLOWLY, extra=WISHES)
    out += [
        replace(wishlist, name=f"new_route_{int(100 * p)}", effects=(Effect(p=p, routes=routes),))
        for p, routes in ((1.0, ("GET /wishlist",)), (0.3, ("GET /wishlist", "POST /wishlist")))
    ]
    hours = replace(w, trap=True, rps=5.0)
    out += [
        replace(
            hours,
            name="fault_in_first_hour",
            horizon=3900.0,
            effects=(Effect(p=0.2, start=3000),),
        ),
        replace(
            hours,
            name="fault_after_hours",
            horizon=6900.0,
            holdback_ends=3600.0,
            effects=(Effect(p=0.2, start=6000),),
        ),
        replace(
            hours,
            name="fault_no_holdback",
            horizon=6900.0,
            holdback=0.0,
            effects=(Effect(p=0.2, start=6000),),
        ),
    ]
    demo = replace(w, shop=True, clients=60, steps=DEMO, baseline=40, horizon=300)
    out += [
        replace(demo, name=f"demo_checkout_{int(100 * p)}", effects=(Effect(p=p, routes=checkout),))
        for p in (0.2, 0.3, 0.5)
    ]
    return out
