"""Table 2 of paper B as it is printed."""

TABLE_2 = """
50    92.6 84.7  90.24 91.23  63.3 61.2  129.66  129.813
100   95.4 88.4  90.93 90.64  67.2 64.2  130.822 129.054
300   96.4 91.7  90.39 90.01  70.0 69.3  130.653 130.371
600   96.7 92.3  90.78 89.77  72.1 71.6  130.81  129.973
1200  96.8 92.7  90.45 90.37  73.7 73.2  130.921 130.063
"""
"""Labels, then accuracy in per cent and bound of direct and Gumbel-Softmax on both data sets."""


def _cells() -> dict[tuple[str, int, str], tuple[str, str]]:
    found = {}
    for count, *row in map(str.split, TABLE_2.strip().splitlines()):
        for k, images in enumerate(("mnist", "fashion-mnist")):
            direct, relaxed, bound, other = row[4 * k : 4 * k + 4]
            found[images, int(count), "direct"] = (direct, bound)
            found[images, int(count), "Gumbel-Softmax"] = (relaxed, other)
    return found


PRINTED = _cells()
"""Accuracy in per cent and bound, as text, by images, labels and method."""
