"""`python -m tests.mutants`: run every mutant and write the table, or try some by name."""

import sys
from concurrent.futures import ThreadPoolExecutor

from perturbtheory.results import write_json
from tests.mutants import MUTANTS, RESULTS, run, table, to_json


def main(words: list[str]) -> int:
    """Run the mutants with one of the words in their name, all for none; 1 if one survives."""
    chosen = [m for m in MUTANTS if not words or any(word in m.name for word in words)]
    with ThreadPoolExecutor(max_workers=2) as pool:
        outcomes = list(pool.map(run, chosen))
    if words:
        sys.stdout.write(table(outcomes))
    else:
        write_json(RESULTS / "mutants.json", to_json(outcomes))
        (RESULTS / "mutants.md").write_text(table(outcomes), encoding="utf-8")
    survivors = [o.mutant.name for o in outcomes if not o.caught]
    caught = len(outcomes) - len(survivors)
    sys.stdout.write("\n".join([f"{caught} of {len(outcomes)} mutants caught", *survivors, ""]))
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
