"""Which images keep their labels: balanced or not, anew for every seed, refused where it cannot."""

import numpy as np
import pytest

from perturbtheory.data import draw_labelled

LABELS = np.random.default_rng(3).integers(0, 10, 4000).astype(np.uint8)


@pytest.mark.parametrize("count", [50, 100, 300, 600, 1200])
def test_balanced(count) -> None:
    found = draw_labelled(LABELS, count, 0)
    assert np.all(np.diff(found) > 0)
    assert np.bincount(LABELS[found], minlength=10).tolist() == [count // 10] * 10
    np.testing.assert_array_equal(found, draw_labelled(LABELS, count, 0))
    other = draw_labelled(LABELS, count, 1)
    # Two draws of count among 4,000 share count^2/4,000 on average.
    shared = len(np.intersect1d(found, other))
    assert abs(shared - count**2 / 4000) <= 5 * np.sqrt(count**2 / 4000) + 5


def test_every_image_can_be_drawn() -> None:
    seen = np.concatenate([draw_labelled(LABELS[:40], 20, s, balanced=False) for s in range(50)])
    counts = np.bincount(seen, minlength=40)
    assert counts.sum() == 1000
    assert np.all(np.abs(counts - 25) <= 5 * np.sqrt(50 / 4))


def test_attributes_are_not_balanced() -> None:
    found = draw_labelled(LABELS.reshape(-1, 8), 17, 0, balanced=False)
    assert len(np.unique(found)) == 17
    assert found.max() < 500


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((LABELS, 55, 0), "`count` must be a multiple of the 10 classes .* got 55; ask for 50"),
        ((LABELS, 4001, 0), "`count` must be at most the 4000 images, got 4001"),
        ((LABELS[:100], 90, 0), "`count` must leave at most [0-9]* for each class, got 90"),
        ((LABELS, 0, 0), "`count` must be a positive integer, got 0"),
        ((LABELS, 10.0, 0), "`count` must be a positive integer, got 10.0"),
        ((LABELS, 10, -1), "`seed` must be an integer of at least 0, got -1"),
        ((LABELS[None], 10, 0), r"`labels` must be integers of shape \(n,\), got uint8 of shape"),
        ((LABELS / 2, 10, 0), r"`labels` must be integers .* got float64 of shape"),
        (([1, 2], 10, 0), r"`labels` must be integers .* got \[1, 2\]"),
        ((None, 10, 0), "`labels` must be integers .* got None"),
    ],
)  # fmt: skip
def test_what_cannot_be(arguments, message) -> None:
    with pytest.raises(ValueError, match=message):
        draw_labelled(*arguments)
