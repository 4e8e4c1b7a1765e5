"""Plots: they draw what is true into the axes they are given, and name what cannot be drawn."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import perturbtheory as pt
from perturbtheory.display.ternary import CORNERS
from perturbtheory.models import Fitted
from perturbtheory.models.vae import Bounds, Epoch, Trained
from perturbtheory.properties import Diagnosis


@pytest.fixture
def ax():
    figure = Figure()
    FigureCanvasAgg(figure)
    return figure.subplots()


def objects():
    coin = pt.expected_max(pt.Discrete([-1, 1]))
    history = [Epoch(99.0, 6.0, Bounds(n, n, 0.5, n, n)) for n in (3.0, 1.0, 2.0)]
    return {
        "line": pt.expected_max(pt.Normal()),
        "triangle": pt.expected_max(pt.Normal([1.0, 2.0, 0.5])),
        "steps": coin,
        "set": coin.subdifferential([0, 0, 2]),
        "interval": coin.subdifferential([0, 0]),
        "point": coin.subdifferential([0, 5]),
        "diagnosis": Diagnosis("n", 3, 1.0, (), None, {}, {}, pt.Uniform()),
        "fit": Fitted(np.zeros((2, 4, 3)), np.ones((2, 3)), ()),
        "run": Trained(None, {"bound": None}, {"bound": 2}, history, [0.1] * 3),
    }


@pytest.mark.parametrize("name", objects())
def test_a_plot_draws_into_the_axes_it_is_given_and_labels_them(ax, name):
    found = objects()[name].plot(ax)
    assert found is ax
    assert ax.lines or ax.patches
    assert ax.get_xlabel() or ax.get_title()
    ax.figure.canvas.draw()


def test_without_axes_there_are_new_ones():
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    one, two = (pt.expected_max(pt.Normal()).plot() for _ in range(2))
    assert one is not two
    plt.close("all")


def test_the_line_is_p_1(ax):
    f = pt.expected_max(pt.Logistic())
    (line,) = f.plot(ax).lines
    x, y = line.get_xdata(), line.get_ydata()
    np.testing.assert_allclose(y[::40], [f.probabilities([d, 0.0])[0] for d in x[::40]], rtol=1e-9)
    assert y[0] < 0.01 < 0.99 < y[-1]


@pytest.mark.parametrize("scale", [1.0, [1.0, 2.0, 0.5]], ids=["one law", "three laws"])
def test_the_net_is_where_p_is(scale):
    """For one law a sixth of the net gives the rest: every line is compared with p itself."""
    from perturbtheory.potential import _shown

    f = pt.expected_max(pt.Normal(scale))
    net = f._net(6.0)
    assert net.shape == (3, _shown._LINES, _shown._ALONG, 3)
    np.testing.assert_allclose(net.sum(-1), 1.0)
    for i in range(3):
        theta = np.stack([f.parameters(row) for row in net[i, :, 15:26:5].reshape(-1, 3)])
        theta = theta.reshape(_shown._LINES, -1, 3)
        assert np.ptp(theta[..., i], axis=1).max() < 1e-6
        assert np.ptp(theta[..., i], axis=0).min() > 5.0


def test_the_set_is_where_its_vertices_are(ax):
    found = pt.expected_max(pt.Discrete([-1, 1])).subdifferential([0, 0, 2])
    found.plot(ax)
    drawn = np.concatenate([p.get_xy() for p in ax.patches])
    for vertex in np.asarray(found.vertices(), float):
        assert np.abs(drawn - vertex @ CORNERS).sum(1).min() < 1e-12


def test_what_cannot_be_drawn_is_named_with_the_way_out(ax):
    with pytest.raises(ValueError, match=r"`d` must be 2 or 3 to be drawn, got 4.*pass d=2"):
        pt.expected_max(pt.Normal(np.ones(4))).plot(ax)
    with pytest.raises(ValueError, match=r"`d` must be 2 or 3 to be drawn, got 4.*bounds\(\)"):
        pt.expected_max(pt.Normal()).subdifferential(np.zeros(4)).plot(ax)
    with pytest.raises(ValueError, match=r"`d` must be 3.*got 2"):
        pt.expected_max(pt.Normal(np.ones(3))).plot(ax, d=2)
    with pytest.raises(ValueError, match=r"`perturbation` must be known"):
        Diagnosis("n", 3, 1.0, (), None, {}, {}).plot(ax)
    with pytest.raises(ValueError, match=r"`history` must have an epoch"):
        Trained(None, {}, {}, [], []).plot(ax)
    with pytest.raises(ValueError, match=r"`objective` must have shape"):
        Fitted(np.zeros(0), np.zeros(0), ()).plot(ax)
    with pytest.raises(TypeError, match=r"`ax` must be axes of matplotlib, got 5"):
        pt.expected_max(pt.Normal()).plot(5)


def test_the_picture_is_where_categories_are_near_each_other(ax):
    noise = pt.Uniform([0.0, 100.0], [1.0, 101.0])
    line = pt.expected_max(noise).plot(ax=ax).lines[0]
    x, y = line.get_data()
    assert abs(x.mean() - 100.0) < 1.0
    assert y.min() < 0.01
    assert y.max() > 0.99
