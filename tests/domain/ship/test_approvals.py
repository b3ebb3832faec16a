"""N different people, and one no is enough."""

from hypothesis import given
from hypothesis import strategies as st

from golive.ship.approvals.domain import Outcome, Vote, outcome

votes = st.lists(st.builds(Vote, st.sampled_from(["a@x", "A@x", "b@x", "c@x"]), st.booleans()), max_size=6)


@given(votes, st.integers(1, 4))
def test_outcome(cast: list[Vote], needed: int) -> None:
    found = outcome(cast, needed)
    people = {vote.person.lower() for vote in cast}
    if any(not vote.approved for vote in cast):
        assert found == Outcome.REJECTED
    else:
        assert (found == Outcome.APPROVED) == (len(people) >= needed)
