"""64-bit and strict promotion for every test, one store of compiled code, hypothesis profiles."""

import os
from collections.abc import Iterator

from tests import quick_compilation

quick_compilation.ask_for_it()  # before JAX is imported

import hypothesis  # noqa: E402
import jax  # noqa: E402
import pytest  # noqa: E402

from tests import own_claims, slow  # noqa: E402
from tests.known_defects import KNOWN_DEFECTS  # noqa: E402

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_dtype_promotion", "strict")
# Most of a test run is compilation; `perturbtheory verify` checks numbers with optimised code.
jax.config.update("jax_disable_most_optimizations", True)

_COMMON = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("dev", max_examples=8, **_COMMON)
hypothesis.settings.register_profile(
    "ci", max_examples=8, derandomize=True, database=None, print_blob=True, **_COMMON
)
hypothesis.settings.register_profile("deep", max_examples=1000, **_COMMON)
default = "ci" if os.environ.get("CI") else "dev"
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", default))


def pytest_configure(config: pytest.Config) -> None:
    """Share compiled code between workers and with the next run: it is most of a run's time."""
    if hasattr(config, "cache"):
        jax.config.update("jax_compilation_cache_dir", str(config.cache.mkdir("jax")))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


@pytest.hookimpl(tryfirst=True)  # before marks select
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of known defects must fail; those of `tests/slow.txt` are slow, and there."""
    listed = slow.listed()
    files = {item.nodeid.partition("::")[0] for item in items}
    here = {test for test in listed if test.partition("::")[0] in files}
    gone = here - {item.nodeid for item in items}
    chosen = any(getattr(config.option, name, None) for name in ("lf", "deselect"))
    if gone and config.args == config.getini("testpaths") and not chosen:
        message = (
            f"tests/slow.txt lists tests that are not there: {sorted(gone)}; see tests/slow.py"
        )
        raise pytest.UsageError(message)
    for item in items:
        if item.nodeid in listed:
            item.add_marker(pytest.mark.slow)
        if item.name in KNOWN_DEFECTS:
            item.add_marker(pytest.mark.xfail(reason=KNOWN_DEFECTS[item.name], strict=True))


@pytest.fixture(autouse=True)
def _leave_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands switch JAX to 64-bit for their process; the next test may start one of its own."""
    monkeypatch.delenv("JAX_ENABLE_X64", raising=False)


# Once for what a fixture of the module makes, and once for what each test makes.
_after_each_module = pytest.fixture(autouse=True, scope="module")(own_claims.forgotten)
_after_each_test = pytest.fixture(autouse=True)(own_claims.forgotten)


@pytest.fixture(autouse=True, scope="module")
def _forget_compiled_code() -> Iterator[None]:
    """Compiled functions of a module are of no use to the next; they would fill the memory."""
    yield
    jax.clear_caches()
