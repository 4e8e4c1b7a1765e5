"""The progress bar: in a terminal, in a notebook, and nowhere else."""

import os
import pty
import subprocess
import sys
from unittest import mock
from xml.etree import ElementTree

import nbclient
import nbformat
import pytest

from perturbtheory.progress import Bar

CODE = """
from perturbtheory import progress
from perturbtheory.progress import Bar
progress._SOONEST = 0.0
with Bar(2, what="epoch", words="<b>begin</b>", times=True, stays={stays}) as bar:
    bar.update(advance=1, words="one")
    bar.update(completed=2, words="two")
"""


def test_a_notebook_gets_an_element_that_is_updated_in_place():
    cells = [nbformat.v4.new_code_cell(CODE.format(stays=stays)) for stays in (True, False)]
    book = nbformat.v4.new_notebook(cells=cells)
    nbclient.NotebookClient(book, kernel_name="python3", timeout=120).execute()
    stays, goes = (cell.outputs for cell in book.cells)
    assert [len(outputs) for outputs in (stays, goes)] == [1, 1]
    tree = ElementTree.fromstring(stays[0].data["text/html"])
    assert tree.find("progress").attrib == {"value": "2", "max": "2"}
    assert "2/2" in "".join(tree.itertext())
    assert "two" in "".join(tree.itertext())
    assert goes[0].data["text/html"] == ""


def test_words_are_escaped():
    html = Bar(3, what="<i>", words="<b>bold</b>")._html()
    assert "<b>bold</b>" in "".join(ElementTree.fromstring(html).itertext())


def test_a_terminal_gets_a_bar_and_a_pipe_gets_nothing():
    code = CODE.format(stays=True)
    ours, theirs = pty.openpty()
    subprocess.run(
        [sys.executable, "-c", code], stderr=theirs, check=True, env=os.environ | {"TERM": "xterm"}
    )
    os.close(theirs)
    assert b"2/2" in os.read(ours, 2**16)
    os.close(ours)
    piped = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert piped.stderr == piped.stdout == b""


@pytest.mark.parametrize("total", [0, 1])
def test_a_bar_that_is_not_asked_for_is_not_there(total):
    with mock.patch("rich.console.Console.is_terminal", True), Bar(total, shown=False) as bar:
        bar.update(advance=1)
        assert bar._rich is None
        assert bar._handle is None
