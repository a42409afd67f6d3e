"""The catalogue as a list of sounds to make."""

import hashlib
import re
import tomllib
from dataclasses import astuple, dataclass
from pathlib import Path

FOLDERS = {"zh": "zh-CN", "en": "en"}
# Raised when the same text must sound different because the tool changed.
TOOL_VERSION = 1


@dataclass(frozen=True)
class Job:
    """One sound: what is said and how."""

    lang: str
    key: str
    text: str
    pinyin: str | None
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
    """The voice of a language and how fast it speaks prompts and fragments."""

    voice: str
    speed: float
    fragment_speed: float


STYLES = {
    "zh": Style("zf_xiaoxiao", 0.95, 0.95),
    "en": Style("af_heart", 1.0, 1.0),
}


def pieces(text: str) -> list[str]:
    """The words around the placeholders of a template, those without any word left out."""
    parts = re.split(r"\{\w\}", text)
    return [p.strip() for p in parts if re.search(r"\w", p)]


def _job(lang: str, key: str, text: str, *, pinyin=None, fragment=False, last=True) -> Job:
    style = STYLES[lang]
    text = text.strip(" ，,。.") if fragment or not last else text
    ending = ("。" if lang == "zh" else ".") if last else ("，" if lang == "zh" else ",")
    if text[-1] not in "。.，,":
        text += ending
    speed = style.fragment_speed if fragment else style.speed
    before, after = (15, 40) if fragment else (40, 60 if not last else 120)
    return Job(lang, key, text, pinyin, style.voice, speed, before, after)


def _prompt_jobs(key: str, entry: dict) -> list[Job]:
    jobs = []
    for field in [f for f in ("zh", "en", "en_one") if f in entry]:
        lang = field[:2]
        shown, said = entry[field], entry.get(f"{field}_say", entry[field])
        stem = f"{key}.one" if field == "en_one" else key
        unit = key.startswith(("unit-", "weekday-", "today", "tomorrow", "yesterday"))
        if "{" not in shown and field != "en_one":
            jobs.append(_job(lang, key, said, fragment=unit))
            continue
        said_pieces = pieces(said)
        after_value = said.rstrip("。.").endswith("}")
        for n, piece in enumerate(said_pieces, 1):
            last = n == len(said_pieces) and not after_value
            jobs.append(_job(lang, f"{stem}.{n}", piece, last=last))
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
            jobs.append(_job(lang, key, said, pinyin=entry.get("pinyin"), fragment=True))
    return jobs
