"""The catalogue as a list of sounds to make."""

import hashlib
import re
import tomllib
from dataclasses import astuple, dataclass
from pathlib import Path

FOLDERS = {"zh": "zh-CN", "en": "en"}
# Raised when the same text must sound different because the tool changed.
TOOL_VERSION = 2


@dataclass(frozen=True)
class Job:
    """One sound: what is said and how."""

    lang: str
    key: str
    text: str
    pinyin: str | None
    # What is said around it and cut away, so that it sounds as in a sentence.
    before: str
    after: str
    voice: str
    speed: float
    before_ms: int
    after_ms: int

    @property
    def name(self) -> str:
        """Path of the sound below the sounds folder, without its ending."""
        return f"{FOLDERS[self.lang]}/{self.key}"

    def digest(self) -> str:
        """Changes when the sound must be made again."""
        plain = repr((TOOL_VERSION, astuple(self)))
        return hashlib.sha256(plain.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Style:
    """How a language is spoken: the voice, its speeds, what stands around a fragment, and the
    value a template is rendered with."""

    voice: str
    speed: float
    fragment_speed: float
    around: tuple[str, str]
    value: str


STYLES = {
    "zh": Style("zf_xiaoxiao", 0.95, 0.9, ("您好。", "。谢谢。"), "八"),
    "en": Style("af_heart", 1.0, 1.0, ("", "."), "eight"),
}
# Prompts that stand beside values: rendered as fragments are.
WORDS = ("unit-", "weekday-", "today", "tomorrow", "yesterday")


def pieces(text: str, value: str) -> list[tuple[str, str, str]]:
    """The words around the values of a template, each with what is said before and after it."""
    parts = re.split(r"(\{\w\})", text)
    said = [value if part.startswith("{") else part for part in parts]
    out = []
    for n, part in enumerate(parts):
        if not part.startswith("{") and re.search(r"\w", part):
            out.append(("".join(said[:n]), part, "".join(said[n + 1 :])))
    return out


def _prompt(lang: str, key: str, text: str, pinyin: str | None = None) -> Job:
    style = STYLES[lang]
    return Job(lang, key, text, pinyin, "", "", style.voice, style.speed, 40, 120)


def _piece(lang: str, key: str, words: tuple[str, str, str]) -> Job:
    before, text, after = words
    style = STYLES[lang]
    margin = 60 if re.search(r"\w", after) else 120
    return Job(lang, key, text, None, before, after, style.voice, style.speed, 20, margin)


def _fragment(lang: str, key: str, text: str, pinyin: str | None = None) -> Job:
    style = STYLES[lang]
    return Job(lang, key, text, pinyin, *style.around, style.voice, style.fragment_speed, 15, 40)


def _prompt_jobs(key: str, entry: dict) -> list[Job]:
    jobs = []
    for field in [f for f in ("zh", "en", "en_one") if f in entry]:
        lang = field[:2]
        shown, said = entry[field], entry.get(f"{field}_say", entry[field])
        if key.startswith(WORDS):
            jobs.append(_fragment(lang, key, said))
        elif "{" not in shown and field != "en_one":
            jobs.append(_prompt(lang, key, said, entry.get(f"{field}_pinyin")))
        else:
            stem = f"{key}.one" if field == "en_one" else key
            for n, words in enumerate(pieces(said, STYLES[lang].value), 1):
                jobs.append(_piece(lang, f"{stem}.{n}", words))
    return jobs


def load(path: Path) -> list[Job]:
    """Every sound of the catalogue, prompts first."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    jobs = []
    for key, entry in table["prompts"].items():
        jobs += _prompt_jobs(key, entry)
    for folder, fragments in table["fragments"].items():
        lang = folder[:2]
        for key, entry in fragments.items():
            entry = {"text": entry} if isinstance(entry, str) else entry
            said = entry.get("say", entry["text"])
            jobs.append(_fragment(lang, key, said, entry.get("pinyin")))
    return jobs
