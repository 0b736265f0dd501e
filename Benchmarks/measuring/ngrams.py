"""How much a text repeats itself."""


def grams(units, n):
    return [tuple(units[i:i + n]) for i in range(len(units) - n + 1)]


def repeated(samples, n=4):
    """The share of n-grams that stood in the same sample before.

    >>> repeated([list("abababab"), list("xy")])
    0.6
    """
    found = [grams(units, n) for units in samples]
    total = sum(map(len, found))
    return 1 - sum(len(set(sample)) for sample in found) / total if total else 0.0


def distinct(samples, n=2):
    """How many different n-grams there are among all.

    >>> distinct([list("abab"), list("ab")])
    0.5
    """
    found = [gram for units in samples for gram in grams(units, n)]
    return len(set(found)) / len(found) if found else 0.0
