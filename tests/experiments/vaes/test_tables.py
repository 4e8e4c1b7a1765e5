"""Tables of VAEs: rows of what was run, by made-up results."""

import dataclasses

import numpy as np
import pytest

from perturbtheory.claims.exhibits import vae_losses as claims
from perturbtheory.experiments.vaes import VaeRun, grids, markdown, tables
from tests.experiments.vaes.results import made_up, recordable, results_of


class TestTables:
    def test_what_was_not_run_is_a_dash(self):
        rows = tables.table_3(results_of("table-3"))
        assert len(rows) == 3 * 11
        assert rows[0][:4] == ("MNIST", "0.01", "117.29", "114.26")
        assert rows[0][-1] == tables.MISSING
        assert rows[10][1] == "best"
        assert "(t = 0.4)" in rows[10][4]
        assert "±" in rows[10][4]
        assert {row[3] for row in tables.table_1(results_of("table-3"))} == {tables.MISSING}

    def test_numbers_are_those_of_the_results(self):
        results = results_of("table-3", "table-1")
        rows = tables.table_3(results)
        assert rows[5][4:6] == ("112.00", "111.50")
        audit = {row[1]: row for row in tables.audit(results)[:2]}
        assert audit["Normal"][2:4] == ("0.4", str(1 + len(grids.MORE_SEEDS)))
        assert audit["Normal"][5].startswith("114.02")
        assert tables.table_1(results)[0][2] == "164.53 165.26 167.88"
        assert tables.MISSING not in sum(tables.table_1(results), ())

    def test_the_relaxed_loss_chooses_by_itself(self):
        """Here it falls with the temperature, and the hard loss has its best at 0.4."""
        results = results_of("table-3")
        for run, result in results.items():
            falling = [95 - run.temperature, 96 - run.temperature]
            result["validation"]["relaxed"] = falling
            result["test"]["relaxed_loss"] |= {"relaxed": falling[0], "epoch": 1}
        row = tables.audit(results, chosen_by="relaxed_loss")[1]
        assert row == ("", "Normal", "1", "1", "112.10", "114.60", "105.50")

    def test_seeds_are_paired_by_their_number(self):
        """A seed that one column lacks is left out of both."""
        results = results_of("table-3")
        lead = claims.leads(results, "mnist", "bound")
        assert lead == pytest.approx(dict.fromkeys(range(5), -2.0))
        del results[VaeRun(noise="normal", temperature=0.4, seed=1)]
        results[VaeRun(temperature=0.4, seed=2)]["test"]["as_published"]["hard"] += 7
        found = claims.leads(results, "mnist", "bound")
        assert found == pytest.approx({0: -2.0, 2: 5.0, 3: -2.0, 4: -2.0})

    def test_certain_encoders_are_marked(self):
        results = results_of("table-3", "table-1")
        for run, result in results.items():
            if run.rule == "relaxed":
                result["test"]["bound"]["divergence"] = np.log(run.categories) - 0.005
            if run.rule == "direct":
                result["test"]["bound"]["divergence"] = np.log(run.categories) - 0.05
        row = tables.table_1(results)[0]
        assert [text.endswith("†") for text in row[-5:]] == [False, False, False, True, True]

    def test_the_published_length_has_tables_of_its_own(self):
        """Mean and deviation over seeds where there are any, and nothing where there is none."""
        short = results_of("table-3")
        assert tables.published(short) == tables.lengths(short) == []
        assert tables.table_1_published(results_of("table-3", "table-1")) == []
        assert "300 epochs" not in markdown.markdown(short).split("##", 1)[1]
        runs = [run for run in grids.runs("published") if run.images == "mnist"]
        long = {VaeRun(noise="normal", temperature=0.25, epochs=300): None} | dict.fromkeys(runs)
        long = short | {run: recordable(run) for run in long}
        rows = tables.published(long)
        assert [row[:5] for row in rows] == [
            ("MNIST", "Normal", "10", "1 to 0.22", "3"),
            ("", "Normal", "10", "0.25", "1"),
            ("", "Gumbel", "10", "1 to 0.22", "3"),
            ("", "Normal, own KL", "10", "1 to 0.22", "3"),
            ("", "Gumbel, variance 1", "10", "1 to 0.22", "3"),
            ("", "Logistic", "10", "1 to 0.22", "3"),
        ]
        assert rows[0][5:] == (
            "–", "111.69 ± 0.01", "114.19 ± 0.01", "106.50 ± 0.00", "300"
        )  # fmt: skip
        assert rows[1][5:] == ("101.15", "111.65", "114.15", "106.50", "300")
        assert tables.lengths(long) == [("MNIST", "Normal", "0.25", "114.15", "–", "114.15")]
        text = markdown.markdown(long)
        assert "## Paper A, 300 epochs" in text
        assert "## What more epochs change" in text
        assert "## Table 1 of paper B, 300" not in text

    def test_of_several_seeds_it_is_said_how_many_are_certain(self):
        run = dataclasses.replace(grids.METHODS["Gumbel-Softmax"], images="mnist", epochs=300)
        results = {r: made_up(r) for s in range(3) if (r := dataclasses.replace(run, seed=s))}
        results[run]["test"]["bound"]["divergence"] = np.log(10)
        (row,) = tables.table_1_published(results)
        assert row[:2] == ("MNIST", "10")
        assert row[6].endswith("(† 1 of 3)")
        assert row[3:6] == ("–",) * 3

    def test_markdown(self):
        text = markdown.markdown(results_of("table-3"))
        widths = {line.count("|") for line in text.splitlines() if line.startswith("| MNIST")}
        assert widths == {9, 8}  # table 3; the other two
        assert "## Table 1 of paper B" in text
