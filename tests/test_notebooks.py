"""Every notebook runs from start to end; each asserts what it says."""

from pathlib import Path

import nbclient
import nbformat
import pytest

LONGEST = "probit"
"""Takes as long as all others, and so comes first: two processes end at one time."""
NOTEBOOKS = sorted(
    (Path(__file__).parents[1] / "notebooks").glob("*.ipynb"),
    key=lambda path: (path.stem != LONGEST, path),
)


def test_there_are_notebooks() -> None:
    assert len(NOTEBOOKS) >= 10


@pytest.mark.slow  # CI runs them apart
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_notebook(
    path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    # The kernel compiles as the tests do, and into their store: see conftest.py.
    # The longest one runs what it compiles so often that optimised code is the quicker one.
    if path.stem != LONGEST:
        monkeypatch.setenv("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(request.config.cache.mkdir("jax")))
    monkeypatch.setenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    monkeypatch.setenv("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
    notebook = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(notebook, timeout=600).execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    assert sum("assert" in cell.source for cell in code) >= len(code) - 1
