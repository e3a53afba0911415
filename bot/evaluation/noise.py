"""Our questions as they come from hurried thumbs: five ways of typing, the same at every run.

Chance hangs on the seed, the kind and the question's id alone. A word that holds a digit (a code, a date, an amount)
is never touched, nor is the number of turns.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from bot.evaluation.questions import Question
from bot.language.lexicon import Lexicon
from bot.language.telex import strip_to_keys
from bot.language.unicode import fold, has_marks, nfc, strip_marks

WORD = re.compile(r"[^\W\d_]+")
PIECE = re.compile(r"\S+")
HALF, TYPO_SHARE = 0.5, 1 / 7
CHAT_WORD_SHARE, CHAT_LETTER_SHARE = 0.7, 0.3
"""Nobody spells a whole message in chat spelling: so many of the words that have a form, so many of the others."""

CHAT_WORDS: dict[str, tuple[str, ...]] = {
    "không": ("ko", "k", "hok", "khum"), "được": ("đc", "dc"), "gì": ("j", "ji"), "vậy": ("z", "v"),
    "rồi": ("r", "gòi"), "biết": ("bít", "bik"), "mình": ("mik", "mk"), "với": ("vs", "zới"), "làm": ("lm",),
    "người": ("ng",), "những": ("nhg",), "giờ": ("h",), "quá": ("wá", "qá"), "nhiêu": ("nhiu",),
    "bây giờ": ("bh", "bây h"), "cũng": ("cũg", "cg"), "vợ": ("vk",), "chồng": ("ck",), "bao nhiêu": ("bn", "bao nhiu"),
    "trước": ("trc",), "phải": ("fải",), "yêu": ("iu",), "ơi": ("ui",), "thôi": ("thui",), "em": ("e", "iem"),
    "thế nào": ("tn",), "anh": ("a",), "chị": ("c",), "luôn": ("lun",), "sao": ("s",), "điện thoại": ("đt", "dt"),
}  # fmt: skip
CHAT_LETTERS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), form)
    for pattern, form in (
        (r"^ph", "f"), (r"^qu(?=[aey])", "q"), (r"^gi(?=[aeou])", "j"), (r"^ngh", "ng"), (r"^c(?=[aou])", "k"),
        (r"^v", "z"), (r"(?<=[aou])ng$", "g"), (r"(?<=[aei])nh$", "h"),
    )
)  # fmt: skip
"""Letters at the edges of a syllable, looked for without diacritics."""
KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
NEIGHBOURS = {
    key: row[max(0, place - 1) : place] + row[place + 1 : place + 2] for row in KEYS for place, key in enumerate(row)
}

Maker = Callable[[str, random.Random], str]


def chat_forms(lexicon: Lexicon) -> dict[str, tuple[str, ...]]:
    """What is written short in a chat, by what it means: our table, and the shorthand that has only one meaning."""
    forms = dict(CHAT_WORDS)
    for short, meanings in lexicon.shorthand.items():
        one = meanings[0]
        if len(meanings) == 1 and not one.after and not one.before and short != fold(one.means):
            forms[one.means] = tuple(dict.fromkeys((*forms.get(one.means, ()), short)))
    return forms


def _by_piece(text: str, change: Callable[[str], str]) -> str:
    """Each piece between blanks changed; one with a digit stays as it is."""
    return PIECE.sub(lambda m: m[0] if any(c.isdigit() for c in m[0]) else change(m[0]), text)


def _by_word(text: str, change: Callable[[str], str]) -> str:
    return _by_piece(text, lambda piece: WORD.sub(lambda m: change(m[0]), piece))


def nodiac(text: str, chance: random.Random) -> str:
    """All diacritics gone."""
    return _by_word(text, strip_marks)


def half(text: str, chance: random.Random) -> str:
    """The diacritics of every second word or so gone."""
    return _by_word(text, lambda word: strip_marks(word) if chance.random() < HALF else word)


def telex(text: str, chance: random.Random) -> str:
    """The keystrokes themselves: typed with the input method off."""

    def keys(word: str) -> str:
        if not has_marks(word):
            return word
        typed = strip_to_keys(word.lower())
        if chance.random() < HALF:
            typed = typed.replace("uwow", "uow")
        return typed.upper() if word.isupper() else typed.capitalize() if word[0].isupper() else typed

    return _by_word(text, keys)


def typo(text: str, chance: random.Random) -> str:
    """A slip in about one word of seven: two letters swapped, one left out, doubled, or its neighbour hit."""
    return _by_word(text, lambda word: _slipped(word, chance) if chance.random() < TYPO_SHARE else word)


def _slipped(word: str, chance: random.Random) -> str:
    if len(word) < 3:
        return word
    place = chance.randrange(1, len(word))
    before, letter, after = word[:place], word[place], word[place + 1 :]
    neighbours = NEIGHBOURS.get(strip_marks(letter).lower(), letter)
    return chance.choice(
        (
            before[:-1] + letter + before[-1] + after,
            before + after,
            before + letter + letter + after,
            before + chance.choice(neighbours) + after,
        )
    )


def teencode(forms: Mapping[str, Sequence[str]]) -> Maker:
    """Chat spelling: words that have a short form, and letters at the edges of others."""
    longest_first = sorted(forms, key=len, reverse=True)
    known = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.I)

    def short(found: re.Match[str], chance: random.Random) -> str:
        return chance.choice(forms[found[0].lower()]) if chance.random() < CHAT_WORD_SHARE else found[0]

    def spelt(word: str, chance: random.Random) -> str:
        if len(word) < 3 or chance.random() >= CHAT_LETTER_SHARE:
            return word
        bare = strip_marks(word).lower()
        found = [(match, form) for pattern, form in CHAT_LETTERS if (match := pattern.search(bare))]
        if not found or len(bare) != len(word):
            return word
        match, form = chance.choice(found)
        return word[: match.start()] + form + word[match.end() :]

    def change(text: str, chance: random.Random) -> str:
        out, end = [], 0
        for found in known.finditer(text):
            out.append(_by_word(text[end : found.start()], lambda word: spelt(word, chance)))
            out.append(short(found, chance))
            end = found.end()
        return "".join([*out, _by_word(text[end:], lambda word: spelt(word, chance))])

    return change


def makers(lexicon: Lexicon) -> dict[str, Maker]:
    """Every kind of noise by its name."""
    return {"nodiac": nodiac, "half": half, "telex": telex, "teencode": teencode(chat_forms(lexicon)), "typo": typo}


KINDS = ("nodiac", "half", "telex", "teencode", "typo")


def noised(question: Question, kind: str, maker: Maker, seed: int) -> Question:
    """The same question, typed in this way."""
    chance = random.Random(f"{seed}:{kind}:{question.id}")
    return question.asked_as([maker(nfc(turn), chance) for turn in question.turns])


def sample(questions: Iterable[Question], about: int) -> list[Question]:
    """About so many questions of one turn, every k-th of those written with diacritics: the same ones at every run."""
    fit = [q for q in questions if len(q.turns) == 1 and has_marks(q.turns[0])]
    return fit[:: max(1, round(len(fit) / about))]
