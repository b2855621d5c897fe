"""The languages of Whisper: codes in the order of their tokens, and the names that mean them."""

from __future__ import annotations

__all__ = ["CODES", "TASKS", "code_of"]

_NAMES = """
en english, zh chinese, de german, es spanish, ru russian, ko korean, fr french, ja japanese, pt portuguese, tr turkish,
pl polish, ca catalan, nl dutch, ar arabic, sv swedish, it italian, id indonesian, hi hindi, fi finnish, vi vietnamese,
he hebrew, uk ukrainian, el greek, ms malay, cs czech, ro romanian, da danish, hu hungarian, ta tamil, no norwegian,
th thai, ur urdu, hr croatian, bg bulgarian, lt lithuanian, la latin, mi maori, ml malayalam, cy welsh, sk slovak,
te telugu, fa persian, lv latvian, bn bengali, sr serbian, az azerbaijani, sl slovenian, kn kannada, et estonian,
mk macedonian, br breton, eu basque, is icelandic, hy armenian, ne nepali, mn mongolian, bs bosnian, kk kazakh,
sq albanian, sw swahili, gl galician, mr marathi, pa punjabi, si sinhala, km khmer, sn shona, yo yoruba, so somali,
af afrikaans, oc occitan, ka georgian, be belarusian, tg tajik, sd sindhi, gu gujarati, am amharic, yi yiddish, lo lao,
uz uzbek, fo faroese, ht haitian creole, ps pashto, tk turkmen, nn nynorsk, mt maltese, sa sanskrit, lb luxembourgish,
my myanmar, bo tibetan, tl tagalog, mg malagasy, as assamese, tt tatar, haw hawaiian, ln lingala, ha hausa, ba bashkir,
jw javanese, su sundanese, yue cantonese
"""
_ALSO = """
my burmese, ca valencian, nl flemish, ht haitian, lb letzeburgesch, ps pushto, pa panjabi, ro moldavian, ro moldovan,
si sinhalese, es castilian, zh mandarin
"""


def _pairs(table: str) -> list[list[str]]:
    return [entry.split(maxsplit=1) for entry in table.replace("\n", " ").split(",")]


# In the order of the tokens `<|en|>`, `<|zh|>` …
CODES: tuple[str, ...] = tuple(code for code, _ in _pairs(_NAMES))
TASKS = ("translate", "transcribe")
_CODE_OF = {name.strip(): code for code, name in _pairs(_NAMES) + _pairs(_ALSO)}


def code_of(language: str) -> str:
    """Return the code of a language, given by code or by English name.

    Raises:
        ValueError: another language; lists those there are.
    """
    wanted = language.lower()
    if wanted in CODES:
        return wanted
    if wanted in _CODE_OF:
        return _CODE_OF[wanted]
    known = list(CODES) if len(wanted) == 2 else list(_CODE_OF)
    raise ValueError(f"Unsupported language: {wanted}. Language should be one of: {known}.")
