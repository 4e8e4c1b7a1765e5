"""Seconds of one arg max over n coupled bits: all states, max-flow, and an integer program.

    python benchmarks/structured_argmax.py [--least N] [--most N] [--problems P] [--json FILE]

The same random problems for all three, in one run; the median counts. Max-flow is SciPy's and the
integer program is solved by HiGHS, with the overhead of a call from Python in both.
"""

import argparse
import json
import sys

from perturbtheory.models.vae import structured


def lines(rows):
    """A table of milliseconds."""
    columns = list(dict.fromkeys((row.couplings, row.solver) for row in rows))
    found = {(row.bits, row.couplings, row.solver): row.seconds for row in rows}
    width = max(len(f"{kind}: {solver}") for kind, solver in columns)
    yield " n  " + "  ".join(f"{kind}: {solver}".rjust(width) for kind, solver in columns)
    for n in sorted({row.bits for row in rows}):
        numbers = (f"{1e3 * found[(n, *column)]:.3f} ms".rjust(width) for column in columns)
        yield f"{n:2d}  " + "  ".join(numbers)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--least", type=int, default=5)
    parser.add_argument("--most", type=int, default=20)
    parser.add_argument("--problems", type=int, default=10)
    parser.add_argument("--json")
    options = parser.parse_args()
    sizes = tuple(range(options.least, options.most + 1))
    rows = structured.timings(sizes, problems=options.problems)
    sys.stdout.write("\n".join(lines(rows)) + "\n")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump([row._asdict() for row in rows], file, indent=1)


if __name__ == "__main__":
    main()
