"""The data of every figure against formulas computed another way; the files that are written."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from fractions import Fraction
from itertools import pairwise

import jax
import numpy as np
import pytest
import scipy.integrate
import scipy.special
import scipy.stats

from perturbtheory import figures
from perturbtheory.figures import discrete, smoothing, uniform
from perturbtheory.perturbations import Discrete

# Sampled points: 5 standard errors, missed by one normal deviate in 1.7 million; some 130 points
# are looked at, and the seeds are fixed. Where all samples agree the standard error is zero.
SIGMAS = 5.0


def assert_samples_agree(mean, error, exact):
    slack = np.maximum(SIGMAS * error, SIGMAS / 1000)
    assert np.all(np.abs(mean - exact) <= slack)


class TestFigure2:
    def test_probabilities_are_the_triangular_cdf(self):
        data = uniform.figure_2_data()
        triangular = scipy.stats.triang(0.5, loc=-2.0, scale=4.0)
        exact = triangular.sf(-data["difference"])
        np.testing.assert_allclose(data["probability_1"], exact, rtol=0, atol=1e-14)
        np.testing.assert_allclose(data["probability_2"], 1 - exact, rtol=0, atol=1e-14)

    def test_probabilities_are_constant_from_two_on(self):
        data = uniform.figure_2_data()
        low, high = data["difference"] <= -2.0, data["difference"] >= 2.0
        assert low.sum() > 20
        assert high.sum() > 20
        assert np.all(data["probability_1"][low] == 0.0)
        assert np.all(data["probability_1"][high] == 1.0)
        between = data["probability_1"][~(low | high)]
        assert np.all(np.diff(between) > 0)

    def test_samples_agree(self):
        data = uniform.figure_2_data()
        exact = scipy.stats.triang(0.5, -2.0, 4.0).sf(-data["sampled_difference"])
        mean, error = data["sampled_probability_1"], data["sampled_standard_error"]
        assert_samples_agree(mean, error, exact)
        assert np.all(error < 0.017)


class TestFigure7:
    def test_density_is_triangular(self):
        data = uniform.figure_7_data()
        exact = np.maximum(2 - np.abs(data["z"]), 0) / 4
        np.testing.assert_allclose(data["density"], exact, rtol=0, atol=1e-13)

    def test_bins_are_those_of_the_density(self):
        data = uniform.figure_7_data()
        cdf = scipy.stats.triang(0.5, -2.0, 4.0).cdf(data["edges"])
        np.testing.assert_allclose(data["bin_probability"], np.diff(cdf), rtol=0, atol=1e-14)
        assert data["bin_count"].sum() == 1_000_000

    def test_draws_agree(self):
        data = uniform.figure_7_data()
        off = np.abs(data["bin_count"] / 1e6 - data["bin_probability"])
        assert np.all(off <= SIGMAS * data["bin_standard_error"])


class TestFigure3:
    def test_intervals_are_those_of_the_paper(self):
        data = discrete.figure_3_data()
        assert data["tie"].tolist() == [-2.0, 0.0, 2.0]
        assert data["tie_interval"].tolist() == [[0.0, 0.25], [0.25, 0.75], [0.75, 1.0]]
        assert data["piece_probability_1"].tolist() == pytest.approx([0, 0.25, 0.75, 1], abs=1e-15)

    def test_the_graph_is_a_connected_staircase(self):
        """The graph of a maximal monotone map has no gap: each riser joins the treads beside it."""
        data = discrete.figure_3_data()
        treads, risers = data["piece_probability_1"], data["tie_interval"]
        np.testing.assert_allclose(risers[:, 0], treads[:-1], atol=1e-15)
        np.testing.assert_allclose(risers[:, 1], treads[1:], atol=1e-15)
        np.testing.assert_array_equal(data["piece_ends"][1:, 0], data["tie"])
        np.testing.assert_array_equal(data["piece_ends"][:-1, 1], data["tie"])

    def test_fair_ties_are_in_the_middle(self):
        data = discrete.figure_3_data()
        np.testing.assert_allclose(data["tie_fair"], data["tie_interval"].mean(1), atol=1e-15)

    def test_argmax_finds_the_upper_end_only(self):
        data = discrete.figure_3_data()
        law = discrete.law_of_difference(discrete.coin())
        upper = [float(discrete.interval(law, Fraction(x))[1]) for x in data["sampled_difference"]]
        mean, error = data["sampled_probability_1"], data["sampled_standard_error"]
        assert_samples_agree(mean, error, np.array(upper))

    def test_law_of_the_difference_is_exact(self):
        noise = Discrete(np.array([0.0, 1.0, 3.0]), np.array([0.5, 0.25, 0.25]))
        law = discrete.law_of_difference(noise)
        assert sum(law.values()) == 1
        assert law[Fraction(0)] == Fraction(3, 8)
        assert law[Fraction(-3)] == law[Fraction(3)] == Fraction(1, 8)
        assert discrete.interval(law, Fraction(0)) == (Fraction(5, 16), Fraction(11, 16))


class TestFigure6:
    def test_value_is_the_expectation_over_four_pairs(self):
        data = discrete.figure_6_data()
        first, second = np.meshgrid(data["theta"], data["theta"], indexing="ij")
        pairs = [(a, b) for a in (-1, 1) for b in (-1, 1)]
        exact = sum(np.maximum(first + a, second + b) for a, b in pairs) / 4
        np.testing.assert_allclose(data["value"], exact, rtol=0, atol=1e-14)

    def test_the_formula_of_the_paper(self):
        data = discrete.figure_6_data()
        one, two = np.meshgrid(data["theta"], data["theta"], indexing="ij")
        pieces = [one, 0.75 * one + 0.25 * two + 0.5, 0.75 * two + 0.25 * one + 0.5]
        stated = np.select([one >= two + 2, one >= two, one >= two - 2], pieces, two)
        np.testing.assert_allclose(data["value"], stated, rtol=0, atol=1e-14)

    def test_kinks_are_where_the_slope_jumps(self):
        data = discrete.figure_6_data()
        theta = data["theta"]
        along = data["value"][:, np.flatnonzero(theta == 0.0)[0]]
        slope = np.diff(along) / np.diff(theta)
        jumps = theta[1:-1][np.abs(np.diff(slope)) > 1e-9]
        np.testing.assert_array_equal(jumps, data["kink"])
        np.testing.assert_allclose(
            np.interp(data["kink"], theta, along), data["kink_value"], atol=1e-15
        )
        for x, (left, right) in zip(data["kink"], data["kink_slopes"], strict=True):
            i = np.flatnonzero(theta == x)[0]
            assert slope[i - 1] == pytest.approx(left, abs=1e-12)
            assert slope[i] == pytest.approx(right, abs=1e-12)


QUICK = [("discrete", 0.1), ("uniform", 0.5)]
DIFFERENCES = {
    "normal": scipy.stats.norm(0, np.sqrt(2.0)),
    "gumbel": scipy.stats.logistic(),
    "uniform": scipy.stats.triang(0.5, -2.0, 4.0),
}


def logistic_mixture(law, temperature, difference):
    """(p, slope) at every Delta: E[G(Delta + t L)] and E[g(Delta + t L)] for L logistic.

    G and g are the cdf and the density of gamma_1 - gamma_2; discrete noise sums over its atoms.
    """
    if law == "discrete":
        jumps, mass = np.array([-2.0, 0.0, 2.0]), np.array([0.25, 0.5, 0.25])
        p = scipy.special.expit((difference[:, None] + jumps) / temperature)
        return p @ mass, (p * (1 - p) / temperature) @ mass
    cdf, density = DIFFERENCES[law].cdf, DIFFERENCES[law].pdf

    def mean(function, delta):
        # Cut at the centre of the logistic and at the corners of the triangular density.
        corners = (np.array([-2.0, 0.0, 2.0]) - delta) / temperature
        cuts = np.unique(np.clip([-40.0, 0.0, 40.0, *corners], -40.0, 40.0))
        return sum(
            scipy.integrate.quad(
                lambda u: scipy.stats.logistic.pdf(u) * function(delta + temperature * u),
                *ends, epsabs=1e-13, epsrel=1e-12,
            )[0]
            for ends in pairwise(cuts)
        )  # fmt: skip

    return tuple(np.array([mean(function, x) for x in difference]) for function in (cdf, density))


class TestSmoothing:
    @pytest.mark.parametrize("law", list(DIFFERENCES))
    def test_at_temperature_zero_the_difference_has_a_known_law(self, law):
        exact = DIFFERENCES[law]
        data = smoothing.smoothing_data([law], [0.0])
        x = data["difference"]
        np.testing.assert_allclose(data[f"{law}/t=0/probability"], exact.cdf(x), atol=1e-13)
        np.testing.assert_allclose(data[f"{law}/t=0/slope"], exact.pdf(x), atol=1e-12)

    def test_discrete_noise_jumps_by_its_masses(self):
        data = smoothing.smoothing_data(["discrete"], [0.0])
        assert sorted(data["discrete/t=0/jumps"].tolist()) == [[-2, 0.25], [0, 0.5], [2, 0.25]]
        assert "discrete/t=0/slope" not in data
        steps = np.unique(np.round(data["discrete/t=0/probability"], 12))
        assert steps.tolist() == [0, 0.125, 0.25, 0.5, 0.75, 0.875, 1]

    @pytest.mark.parametrize(
        ("law", "temperature"),
        [
            pytest.param(law, t, marks=[] if (law, t) in QUICK else pytest.mark.slow)
            for law in smoothing.LAWS
            for t in smoothing.TEMPERATURES[1:]
        ],
    )
    def test_with_temperature_it_is_a_mixture_of_logistics(self, law, temperature):
        data = smoothing.smoothing_data([law], [temperature])
        p = data[smoothing.key(law, temperature, "probability")]
        slope = data[smoothing.key(law, temperature, "slope")]
        some = slice(None, None, 10)
        exact_p, exact_slope = logistic_mixture(law, temperature, data["difference"][some])
        np.testing.assert_allclose(p[some], exact_p, rtol=0, atol=1e-11)
        np.testing.assert_allclose(slope[some], exact_slope, rtol=0, atol=1e-10)
        assert np.all(slope > 0)
        assert np.all((p > 0) & (p < 1))
        at = data["sampled_difference"]
        mean = data[smoothing.key(law, temperature, "sampled_probability")]
        error = data[smoothing.key(law, temperature, "sampled_standard_error")]
        assert_samples_agree(mean, error, logistic_mixture(law, temperature, at)[0])

    def test_every_array_has_a_label(self):
        for law in smoothing.LAWS:
            for t in smoothing.TEMPERATURES:
                for quantity in ("probability", "slope", "sampled_probability"):
                    assert law in smoothing.SMOOTHING.labels[smoothing.key(law, t, quantity)]


class TestDraw:
    NAMES = ("figure-2", "figure-3", "figure-6", "figure-7")

    def test_the_names(self):
        assert (*self.NAMES, "smoothing") == figures.NAMES

    def test_files_are_written_and_deterministic(self, tmp_path):
        one = figures.draw(self.NAMES, tmp_path / "one")
        two = figures.draw(self.NAMES, tmp_path / "two")
        suffixes = ("png", "svg", "json")
        assert [path.name for path in one] == [f"{n}.{s}" for n in self.NAMES for s in suffixes]
        for first, second in zip(one, two, strict=True):
            assert first.read_bytes() == second.read_bytes()
            assert 0 < first.stat().st_size < {".json": 60e3, ".png": 150e3}.get(first.suffix, 2e5)
        for path in one:
            if path.suffix == ".svg":
                assert ET.parse(path).getroot().tag.endswith("svg")

    @pytest.mark.slow
    def test_no_name_draws_everything(self, tmp_path):
        written = figures.draw([], tmp_path)
        assert sorted({path.stem for path in written}) == sorted(figures.NAMES)
        assert (tmp_path / "smoothing.png").stat().st_size < 150e3
        assert (tmp_path / "smoothing.json").stat().st_size < 60e3

    def test_json_says_what_was_drawn(self, tmp_path):
        record = json.loads(figures.draw(["figure-3"], tmp_path)[2].read_text("utf-8"))
        assert record["made_by"] == "perturbtheory.figures.discrete.figure_3_data"
        assert "P(D > -Delta)" in record["formula"]
        data = discrete.figure_3_data()
        assert record["data"].keys() == data.keys()
        for name, values in data.items():
            assert record["data"][name]["label"]
            np.testing.assert_allclose(record["data"][name]["values"], values, 1e-6, 1e-15)

    def test_unknown_name_raises_before_anything_is_written(self, tmp_path):
        with pytest.raises(ValueError, match=r"`names` has 'figure-9'.*figure-2, figure-3"):
            figures.draw(["figure-2", "figure-9"], tmp_path)
        assert not list(tmp_path.iterdir())

    def test_data_are_in_64_bit_whatever_jax_is_set_to(self):
        with jax.enable_x64(False):
            data = uniform.FIGURE_2.data()
        exact = scipy.stats.triang(0.5, -2.0, 4.0).sf(-data["difference"])
        np.testing.assert_allclose(data["probability_1"], exact, rtol=0, atol=1e-14)

    def test_naming_figures_loads_neither_jax_nor_matplotlib(self):
        code = (
            "import sys; from perturbtheory.figures import NAMES; "
            "assert NAMES; assert not {'jax', 'matplotlib'} & set(sys.modules)"
        )
        subprocess.run([sys.executable, "-c", code], check=True)
