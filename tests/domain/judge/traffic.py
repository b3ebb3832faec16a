"""Small seeded traffic for the judge's tests."""

import random
from collections.abc import Iterator

from golive.ship.judge.domain import Action, ActionKind, Attempt, Config, Judge
from golive.ship.releases.domain.plan import Step, steps_again

ROUTES = ("GET /", "GET /products", "POST /checkout")


class Shop:
    """`rate` requests a second of `people` visitors; `broken(side, route, t, rng)` tells who fails."""

    def __init__(self, seed: int, *, rate: int = 20, people: int = 80, broken=None, ms=None) -> None:
        self.rng = random.Random(seed)
        self.rate, self.people = rate, people
        self.broken = broken or (lambda *_: False)
        self.ms = ms or (lambda *_: 40.0)
        self.share = 0.0
        self.count = 0

    def second(self, t: float) -> Iterator[Attempt]:
        for i in range(self.rate):
            who = self.rng.randrange(self.people)
            side = "new" if (who * 0.618034) % 1 < self.share else "old"
            route = self.rng.choice(ROUTES)
            self.count += 1
            at = t + i / self.rate
            status = 503 if self.broken(side, route, at, self.rng) else 200
            ms = self.ms(side, route, at, self.rng) * self.rng.uniform(0.5, 1.5)
            yield Attempt(at, f"v{who}", route, side, status, ms, request=f"q{self.count}")


def drive(
    judge: Judge,
    shop: Shop,
    *,
    seconds: int,
    start: float = 0.0,
    baseline: int = 60,
    steps=((0.1, 20, 40), (0.5, 20, 40)),
) -> list[Action]:
    """Baseline, then the steps as the judge allows, carrying out its actions; probes are not answered."""
    said: list[Action] = []
    plan, step = [Step(*one) for one in steps], 0

    def give(t: float, share: float, reason: str, least: float = 1e9, most: float = 1e9) -> None:
        shop.share = share
        judge.switch(t, share, reason, at_least=least, at_most=most)

    def advance(t: float) -> None:
        nonlocal step
        if step < len(plan):
            give(t, plan[step].share, "step", plan[step].at_least, plan[step].at_most)
        else:
            give(t, 0.97, "full")
        step += 1

    for second in range(seconds):
        t = start + second
        for attempt in shop.second(t):
            judge.observe(attempt)
        if second == baseline:
            advance(t + 1)
        for action in judge.tick(t + 1):
            said.append(action)
            if action.kind is ActionKind.PULL:
                give(t + 1, 0.0, "pull")
            elif action.kind is ActionKind.RESUME:
                plan, step = list(steps_again(plan)), 0
                advance(t + 1)
            elif action.kind is ActionKind.ADVANCE:
                advance(t + 1)
            elif action.kind in (ActionKind.ROLLBACK, ActionKind.ASK):
                return said
    return said


def kinds(actions: list[Action]) -> list[str]:
    return [str(a.kind) for a in actions if a.kind not in (ActionKind.ADVANCE, ActionKind.PROBE)]


def judge(**config) -> Judge:
    return Judge(Config(**config), "new", "old")
