"""Made-up texts for the real `train` command."""

import random

# The tokens of a vocabulary of characters that stand for no character of the text: one for the text's end, 256 bytes.
SPELLING_TOKENS = 257
# Syllables of Hangul: eleven thousand characters in a row, none of which joins its neighbour.
FIRST, COUNT = 0xAC00, 11_172


def random_characters(path, vocabulary_size, tokens):
    """Writes a text of `tokens` characters, each as likely as the others, whose vocabulary has the size asked for.

    - Returns: how many different characters it has.
    """
    distinct = vocabulary_size - SPELLING_TOKENS
    if not 1 <= distinct <= COUNT:
        raise ValueError(f"expected a vocabulary of {SPELLING_TOKENS + 1} to {SPELLING_TOKENS + COUNT} tokens")
    letters = [chr(FIRST + number) for number in range(distinct)]
    generator = random.Random(1)
    # Every one of them stands there at least once.
    text = letters + generator.choices(letters, k=max(0, tokens - distinct))
    generator.shuffle(text)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(text), encoding="utf-8")
    return distinct
