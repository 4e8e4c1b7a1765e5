"""What is known to be wrong: strict expected failures, with the reason; meant to be empty.

A key is the name of a test. A test that passes again fails the suite, so that its entry is taken
out.
"""

KNOWN_DEFECTS: dict[str, str] = {}
