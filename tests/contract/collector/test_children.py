"""A root and what stands for it: it counts once at most, and only its own hand can replace it."""

import pytest

from tests.support.collector.letters import Letter, Pen, rating, ratings
from tests.support.collector.sender import judged, put, verdict

TWO = ratings(2)


@pytest.fixture
def root(pen: Pen) -> Letter:
    """A batch of two cells."""
    return pen.batch(*TWO)


def halves(pen: Pen, root: Letter) -> list[Letter]:
    """Each cell of a root as a child."""
    return [pen.child(root, cell) for cell in root.document["cells"]]


def test_children_of_a_root_that_never_came_are_stored(collector: str, pen: Pen, root: Letter) -> None:
    assert [verdict(collector, child) for child in halves(pen, root)] == ["stored", "stored"]


def test_children_replace_a_root_that_was_stored(collector: str, pen: Pen, root: Letter) -> None:
    first, second = halves(pen, root)
    order = (root, first, second, first, second)
    expected = ["stored", "stored", "stored", "duplicate", "duplicate"]
    assert [verdict(collector, letter) for letter in order] == expected


def test_a_superseded_root_never_counts_again(collector: str, pen: Pen, root: Letter) -> None:
    """Stored before or not, its own sender has settled it: who still sends it is a copy."""
    assert verdict(collector, root) == "stored"
    assert verdict(collector, halves(pen, root)[0]) == "stored"
    assert [verdict(collector, root) for _ in range(2)] == ["conflict", "conflict"]
    late = pen.batch(*TWO)
    assert verdict(collector, halves(pen, late)[1]) == "stored"
    assert verdict(collector, late) == "conflict"


def test_a_child_that_was_refused_replaces_nothing(collector: str, pen: Pen, root: Letter) -> None:
    assert verdict(collector, root) == "stored"
    assert verdict(collector, pen.child(root, rating("Why is the sky blue?"))) == "rejected"
    assert verdict(collector, pen.child(root, schema=2)) == "unsupported"
    assert verdict(collector, root) == "duplicate"


def test_a_stranger_cannot_replace_a_root(collector: str, pen: Pen, root: Letter) -> None:
    """Knowing the id is not enough: the withdrawal has to be the root's."""
    assert verdict(collector, root) == "stored"
    forged = pen.batch(rating(), supersedes=root.id)
    assert verdict(collector, forged) == "conflict"
    assert verdict(collector, root) == "duplicate"


def test_a_stranger_cannot_block_a_root_that_comes_later(collector: str, pen: Pen, root: Letter) -> None:
    put(collector, pen.batch(rating(), supersedes=root.id))
    assert verdict(collector, root) == "stored"
    assert verdict(collector, halves(pen, root)[0]) == "stored"


def test_a_child_is_no_root(collector: str, pen: Pen, root: Letter) -> None:
    """`supersedes` names revision 0 alone, so that k counts an install once."""
    child = halves(pen, root)[0]
    assert verdict(collector, child) == "stored"
    assert verdict(collector, pen.child(child, rating())) == "conflict"
    assert verdict(collector, child) == "duplicate"


def test_a_batch_cannot_replace_itself(collector: str, pen: Pen) -> None:
    letter = pen.batch()
    assert verdict(collector, letter.changed(supersedes=letter.id)) == "rejected"


def test_other_bytes_under_a_childs_id_are_a_conflict(collector: str, pen: Pen, root: Letter) -> None:
    child = halves(pen, root)[0]
    assert verdict(collector, child) == "stored"
    assert verdict(collector, child.changed(cells=[rating(task="math")])) == "conflict"


@pytest.mark.parametrize("bad", [{0}, {3}, {0, 7}, set(range(8))])
def test_halving_ends_with_the_bad_cells_alone(collector: str, pen: Pen, bad: set[int]) -> None:
    """As a sender does that is told of no index: every good cell ends up stored, every bad one by itself."""
    cells = [
        rating("Why is the sky blue?") if place in bad else cell for place, cell in enumerate(ratings(8))
    ]
    root = pen.batch(*cells)
    judged(put(collector, root), root)
    stored, quarantined, left = 0, 0, [cells[:4], cells[4:]]
    while left:
        part = left.pop()
        child = pen.child(root, *part)
        answer = judged(put(collector, child), child)
        match answer["verdict"], len(part):
            case "stored", n:
                stored += n
            case "partial", n:
                stored, quarantined = stored + n - len(answer["cells"]), quarantined + len(answer["cells"])
            case "rejected", 1:
                quarantined += 1
            case "rejected", n:
                left += [part[: n // 2], part[n // 2 :]]
    assert (stored, quarantined) == (8 - len(bad), len(bad))
