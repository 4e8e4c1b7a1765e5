"""What the referees of paper A objected, and the claims that answer it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Objection:
    """One objection in our own words, and the ids of the claims that answer it."""

    says: str
    answered_by: tuple[str, ...]


OBJECTIONS = (
    Objection(
        "Theorem 4.1 makes a condition on the functions $h_i$, but its proof never uses them.",
        ("A.softmax-completeness", "A.softmax-completeness.corrected", "A.softmax-vertex-limit"),
    ),
    Objection(
        r"The bound of Theorem 3.1 lacks the constant $\sigma$ of the function it is about.",
        ("A.gaussian-concentration", "A.gaussian-concentration.corrected"),
    ),
    Objection(
        "Noise is said to have a cumulative distribution that decays to zero. A distribution "
        "function tends to one, so the condition has no meaning as it stands.",
        (
            "A.finite-potential-condition",
            "A.finite-potential-condition.corrected",
            "A.gaussian-decays-faster",
        ),
    ),
    Objection(
        "Theorem 5.1 is false for noise that is always zero. How is it corrected, and does Theorem "
        "4.1 have the same flaw?",
        (
            "A.argmax-completeness",
            "A.argmax-completeness.corrected",
            "C.completeness-argmax",
            "A.softmax-completeness.corrected",
            "C.completeness",
        ),
    ),
    Objection(
        "The theorem on extreme values is about limits of maxima. It does not give the equality "
        "of the softmax and Gumbel-Argmax.",
        (
            "A.extreme-value-theorem",
            "A.extreme-value-theorem.corrected",
            "A.gumbel-argmax-is-softmax",
        ),
    ),
    Objection(
        "Bounds on how an unbounded $f$ concentrates say nothing about how well one and the same "
        "discrete law is estimated.",
        (
            "A.exponential-family-rate",
            "A.exponential-family-rate.corrected",
            "A.concentration-comparison",
            "A.concentration-comparison.corrected",
        ),
    ),
    Objection(
        "The function printed as the density of the Gumbel law is its cumulative distribution.",
        ("A.gumbel-density", "A.gumbel-density.corrected"),
    ),
    Objection(
        "The definition of the directional derivative is wrong.",
        (
            "A.directional-limit",
            "A.directional-limit.corrected",
            "A.directional-derivative",
            "A.differentiability",
            "A.differentiability.corrected",
        ),
    ),
    Objection(
        "Why does Gaussian noise learn better, and what would other noise do?",
        (
            "A.table-2.corrected",
            "C.fit-advantage",
            "C.fit-reach",
            "C.fit-hard",
            "C.scale-not-shape",
            "C.scale-many-categories",
            "C.vae-bound",
            "C.vae-scale",
        ),
    ),
    Objection(
        "No experiment uses a family that is not complete, which would show the bias that such a "
        "family leaves at the minimiser.",
        (
            "A.softmax-completeness",
            "A.complete-minimal-identifiable.corrected",
            "C.identifiable-sets",
            "C.completeness-bounded",
            "C.incomplete-minimiser",
            "C.incomplete-half-space",
            "C.incomplete-monotone",
        ),
    ),
    Objection(
        "The experiments need a temperature, and the theory has none.",
        ("A.softmax-temperature", "A.softmax-temperature.corrected", "C.smoothing"),
    ),
)
"""In the order in which they are answered, each once."""
