"""Attributes switched on a decoder that is made to draw them."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from perturbtheory.models.vae import semi
from tests.models.vae.networks import floats
from tests.models.vae.semi.mixed import KEY, attributes, mixture, negative_log

N = 3
LABELS = np.random.default_rng(0).integers(0, 2, (200, N))
LABELS[:, 0] = np.arange(200) % 4 == 0
C = floats(np.random.default_rng(1).normal(size=(200, 1, 3)))


def drawing():
    """Pixel 0 is attribute 0; pixel 1 both of 0 and 1; pixel 2 is on if 2 is off; 3 is c > 0."""
    model = attributes(N)
    hidden, out = (np.zeros_like(layer.weight) for layer in model.decoder.layers)
    for n in range(N):
        hidden[n, 2 * n + 1] = 1
    hidden[3, 2 * N] = 1
    out[0, 0] = out[1, 0] = out[1, 1] = 1
    out[2, 2], out[3, 3] = -1, 1
    shift = np.full(784, -0.5)
    shift[1:4] = -1.5, 0.5, 0

    def parts(m):
        first, second = m.decoder.layers
        return first.weight, first.bias, second.weight, second.bias

    biases = floats(np.zeros(len(hidden))), floats(shift)
    made = floats(hidden), biases[0], floats(out), biases[1]
    return eqx.tree_at(parts, model, made)


def pixels(images):
    assert set(np.unique(images)) <= {0, 1}
    return images[:, :N]


class TestSwitching:
    def test_what_appears_and_goes(self) -> None:
        found = semi.switching(drawing(), LABELS, C, pixels)
        zeroth, first = LABELS[:, 0].mean(), LABELS[:, 1].mean()
        np.testing.assert_allclose(found.appears, [[1, first, 0], [0, zeroth, 0], [0, 0, 0]])
        np.testing.assert_allclose(found.goes, [[0, 0, 0], [0, 0, 0], [0, 0, 1]])
        np.testing.assert_allclose(found.follows, [1, zeroth, 0])
        np.testing.assert_allclose(found.moves, found.appears + found.goes)

    def test_the_rest_stays(self) -> None:
        off, on = semi.switched(drawing(), LABELS, C)
        assert off.shape == on.shape == (200, N, 784)
        stays = (np.asarray(C)[:, 0, 0] > 0)[:, None].repeat(N, 1)
        for images in (off, on):
            np.testing.assert_array_equal(images[:, :, 3] > 0.5, stays)
        np.testing.assert_array_equal(on[:, 1, 0] > 0.5, LABELS[:, 0] == 1)
        assert (off[:, 0, 0] < 0.5).all()

    @pytest.mark.parametrize(
        "labels", [LABELS[:5], LABELS[:, :2], LABELS + 1, LABELS / 2], ids=["few", "n", "2", "half"]
    )
    def test_labels(self, labels) -> None:
        with pytest.raises(ValueError, match="`labels` must be 0 or 1 of shape "):
            semi.switched(drawing(), labels, C)

    def test_models(self) -> None:
        with pytest.raises(TypeError, match="`model` must be a AttributeVAE"):
            semi.switched(mixture(), LABELS, C)
        with pytest.raises(TypeError, match="`model` must be a MixtureVAE"):
            semi.by_category(attributes(), 3, KEY)


def test_one_column_for_each_category() -> None:
    """Row i has one c in all of them, in the row of the category alone."""
    model = mixture()
    found = semi.by_category(model, 4, KEY)
    assert found.shape == (4, 3, 784)
    c = np.asarray(jax.random.normal(KEY, (4, 1, 2), jnp.float32), np.float64)[:, 0]
    for k in range(3):
        code = np.zeros((4, 3, 2))
        code[:, k] = c
        expected = negative_log(model, np.ones((4, 784)), code.reshape(4, -1))
        np.testing.assert_allclose(-np.log(found[:, k]).sum(-1), expected, rtol=1e-5)
