"""Attributes measured on pixels: images that are drawn so that each number is known."""

import numpy as np
import pytest

from perturbtheory import data
from perturbtheory.data import attributes
from perturbtheory.data.attributes import NAMES, measure, thresholds


def image(*lines):
    """`#` is ink; put into the image from its fourth row and sixth column on."""
    pixels = np.zeros((28, 28))
    for i, line in enumerate(lines):
        for j, mark in enumerate(line):
            pixels[4 + i, 6 + j] = mark == "#"
    return pixels.reshape(-1)


def of(*lines):
    return dict(zip(NAMES, measure(image(*lines)[None])[0], strict=True))


BAR = ["##"] * 10
RING = ["#####", "#...#", "#...#", "#####"]
BLANK = [0, 0, 0, 0, 0, 0.5, 0.5, 1]


@pytest.fixture(scope="module")
def digits():
    return data.load("mnist-5000", download=False)


class TestMeasure:
    def test_thick(self) -> None:
        """2 A/P = w/(1 + w/L) of a bar, whichever way it lies, at the edge of the image too."""
        for width, length in ((1, 10), (2, 10), (5, 5)):
            expected = width / (1 + width / length)
            for lines in (["#" * width] * length, ["#" * length] * width):
                np.testing.assert_allclose(of(*lines)["thick"], expected, rtol=1e-12)
        full = measure(np.ones((1, 784)))[0, 0]
        np.testing.assert_allclose(full, 14, rtol=1e-12)

    def test_slanted(self) -> None:
        """A diagonal has one column a row."""
        left = ["." * i + "#" for i in range(8)]
        np.testing.assert_allclose(of(*left)["slanted"], 1, rtol=1e-12)
        np.testing.assert_allclose(of(*left[::-1])["slanted"], -1, rtol=1e-12)
        np.testing.assert_allclose(of(*(2 * "." * i + "##" for i in range(6)))["slanted"], 2)
        assert abs(of(*BAR)["slanted"]) < 1e-12
        assert of("#####")["slanted"] == 0

    def test_wide_and_tall(self) -> None:
        """The standard deviation of 0, ..., n - 1 is sqrt((n^2 - 1)/12)."""
        found = of(*["#######"] * 3)
        np.testing.assert_allclose(found["wide"], np.sqrt(48 / 12), rtol=1e-12)
        np.testing.assert_allclose(found["tall"], np.sqrt(8 / 12), rtol=1e-12)

    def test_looped(self) -> None:
        assert of(*RING)["looped"] == 6
        assert of(*RING[:1], *RING)["looped"] == 6
        assert of(*RING, *RING[1:])["looped"] == 12
        opened = ["#####", "#...#", "#...#", "##.##"]
        assert of(*opened)["looped"] == 0
        # Ink that touches at a corner is closed: paths of paper have no diagonals.
        assert of(".#.", "#.#", ".#.")["looped"] == 1
        # A part of the edge closes nothing.
        corner = np.zeros((28, 28))
        corner[3, :4] = corner[:4, 3] = 1
        assert measure(corner.reshape(1, -1))[0, 4] == 0
        # Images beside one another have nothing to do with each other.
        both = np.stack([image(*RING), image(*opened), np.zeros(784), image(*RING)])
        assert measure(both)[:, 4].tolist() == [6, 0, 0, 6]

    def test_heavy(self) -> None:
        found = of("####", "####", "#...", "#...")
        assert found["top-heavy"] == 0.8
        assert found["left-heavy"] == 0.6
        # The middle row counts half.
        assert of("###", "#..", "#..")["top-heavy"] == pytest.approx((3 + 0.5) / 5)
        assert of("..#", "..#", "###")["left-heavy"] == pytest.approx((1 + 0.5) / 5)

    def test_symmetric(self) -> None:
        assert of(*RING)["symmetric"] == 1
        assert of("#..", "###", "#..")["symmetric"] == pytest.approx(3 / 5)
        assert of("#...", "#...", "#..#")["symmetric"] == 0.5
        assert of("##..", "..##")["symmetric"] == 0

    def test_places_do_not_matter(self) -> None:
        pixels = image(*RING, "#", "#").reshape(28, 28)
        moved = [np.roll(pixels, shift, (0, 1)) for shift in ((-4, -6), (3, -6), (18, 17))]
        found = measure(np.stack([pixels, *moved]).reshape(4, -1))
        np.testing.assert_allclose(found, found[:1].repeat(4, 0), rtol=1e-10)

    def test_no_ink(self) -> None:
        assert measure(np.zeros((1, 784)))[0].tolist() == BLANK

    def test_many(self, monkeypatch) -> None:
        """Parts are put together again; any numeric type serves."""
        some = np.random.default_rng(0).integers(0, 2, (7, 784))
        expected = measure(some.astype(np.float32))
        monkeypatch.setattr(attributes, "_AT_ONCE", 3)
        np.testing.assert_array_equal(measure(some.astype(np.uint8)), expected)
        assert np.isfinite(expected).all()

    @pytest.mark.parametrize(
        ("images", "message"),
        [
            (np.zeros(784), r"of shape \(n, 784\), got shape \(784,\)"),
            (np.zeros((0, 784)), r"of shape \(n, 784\), got shape \(0, 784\)"),
            (np.zeros((2, 28, 28)), r"of shape \(n, 784\), got shape \(2, 28, 28\)"),
            ([[0]], r"of shape \(n, 784\), got list"),
            (np.full((1, 784), 255), "0 or 1, got 255"),
            (np.full((1, 784), np.nan), "0 or 1, got nan"),
        ],
    )
    def test_images(self, images, message) -> None:
        with pytest.raises(ValueError, match=f"`images` must be .*{message}"):
            measure(images)


class TestThresholds:
    def test_are_medians(self, digits) -> None:
        images = data.threshold(digits.train)
        medians = thresholds(images)
        np.testing.assert_array_equal(medians.values, np.median(measure(images), 0))
        found = medians(images)
        assert (found.shape, found.dtype) == ((4000, 8), np.uint8)
        share = found.mean(0)
        loops = NAMES.index("looped")
        assert np.all(np.abs(np.delete(share, loops) - 0.5) < 0.01)
        assert 0.35 < share[loops] < 0.5

    def test_digits_have_what_they_have(self, digits) -> None:
        """Of 400 of each: what their shapes say, up to one in five that was written otherwise."""
        images = data.threshold(digits.train)
        found = thresholds(images)(images)
        share = np.stack([found[digits.labels.train == digit].mean(0) for digit in range(10)])
        for name, yes, no in (
            ("looped", [0, 8], [1, 3, 4, 5, 7]), ("wide", [0], [1]), ("tall", [3], [4, 6, 9]),
            ("top-heavy", [7, 9], [2, 6]), ("left-heavy", [5, 6], [3]),
        ):  # fmt: skip
            column = share[:, NAMES.index(name)]
            assert column[yes].min() >= 0.8, name
            assert column[no].max() <= 0.2, name
