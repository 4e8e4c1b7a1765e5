"""The list of slow tests is made from what a run says."""

import pytest

from tests import slow

LOG = """
[gw0] [ 50%] PASSED tests/a.py::test_one
============ slowest durations ============
0.70s setup    tests/a.py::test_in_two_parts[x, (1.0)]
0.60s call     tests/a.py::test_in_two_parts[x, (1.0)]
3.00s teardown tests/a.py::test_quick
0.01s call     tests/a.py::test_quick
0.20s call     tests/a.py::test_was_slow
9.00s call     tests/test_readme.py::test_always
1.00s call     tests/b.py::test_slow
"""


def test_what_takes_long_is_chosen() -> None:
    known = {"tests/a.py::test_was_slow", "tests/c.py::test_not_in_the_log"}
    assert slow.chosen(LOG, known) == [
        "tests/a.py::test_in_two_parts[x, (1.0)]",
        "tests/b.py::test_slow",
        "tests/c.py::test_not_in_the_log",
    ]


def test_the_list_is_in_order_and_leaves_out_what_runs_always() -> None:
    lines = slow.LISTED.read_text("utf-8").splitlines()
    assert lines == sorted(set(lines))
    assert not [line for line in lines if line.startswith(slow.ALWAYS)]
    root = slow.LISTED.parents[1]
    assert all((root / line.partition("::")[0]).is_file() for line in lines)


def test_those_of_the_list_have_the_mark(request: pytest.FixtureRequest) -> None:
    items = request.session.items
    listed = slow.listed()
    assert [
        item for item in items if item.nodeid in listed and not item.get_closest_marker("slow")
    ] == []
