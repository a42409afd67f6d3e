"""Plays rendered sounds to a speech recogniser and prints those it understood otherwise.

A fragment alone is too short to be recognised, so each is heard inside an announcement made of
rendered sounds, the way the box would say it.
"""

import argparse
import re
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel
from pypinyin import lazy_pinyin
from scipy.signal import resample_poly

from render import SOUNDS, TTS
from tipring_prompts import catalogue, sound

# Announcements around a fragment, by the beginning of its key: sounds before and after it.
AROUND = {
    "zh": [
        (r"(n|hundred|thousand|liang|ten-thousand-)", ["queue-position.1"], ["queue-position.2"]),
        (r"(gap|teen)", ["bill-due.1", "hundred-3"], ["yuan"]),
        (r"digit", ["extension-is.1", "digit-6", "digit-8"], ["digit-3", "digit-9"]),
        (r"year", ["date-is.1"], ["month-5", "day-7"]),
        (r"month", ["date-is.1"], ["day-7"]),
        (r"day-", ["date-is.1", "month-5"], []),
        (r"hour", ["time-is.1", "afternoon"], ["minute-45"]),
        (r"minute", ["time-is.1", "afternoon", "hour-5"], []),
        (r"half", ["time-is.1", "afternoon", "hour-5"], []),
        (r"(before-dawn|morning|noon|afternoon|evening)", ["time-is.1"], ["hour-5", "minute-45"]),
        (r"(yuan|jiao|fen)$", ["bill-due.1", "n-8"], []),
        (r"minus", ["bill-due.1"], ["n-8", "yuan"]),
        (r"point", ["bill-due.1", "n-8"], ["n-6", "yuan"]),
        (r"unit", ["queue-estimate.1", "n-8"], []),
        (r"weekday", ["date-is.1", "month-5", "day-7"], []),
    ],
    "en": [
        (r"(n-|hundred-|thousand|million)", ["queue-position.1"], ["queue-position.2"]),
        (r"digit", ["extension-is.1", "digit-6", "digit-8"], ["digit-3", "digit-9"]),
        (r"day-", ["date-is.1", "month-5"], []),
        (r"month", ["date-is.1"], ["day-7"]),
        (r"(yuan|fen)$", ["bill-due.1", "n-8"], []),
        (r"(am|pm)$", ["time-is.1", "n-8", "n-45"], []),
        (r"(noon|midnight)$", ["time-is.1"], []),
        (r"unit", ["queue-estimate.1", "n-8"], []),
        (r"weekday", ["date-is.1"], []),
    ],
}

ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()


def distance(a: list[str], b: list[str]) -> int:
    """Words to change, add or leave out to make one of the other."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def plain(text: str, lang: str) -> list[str]:
    """Syllables without tones, or words; figures as they are."""
    if lang == "zh":
        text = text.translate(str.maketrans("0123456789", "零一二三四五六七八九"))
        return lazy_pinyin(re.sub(r"[^\u4e00-\u9fff]", "", text))
    words = re.sub(r"[^a-z0-9 ]", "", text.lower().replace("-", " "))
    return re.sub(r"\d+", lambda figure: english_number(int(figure[0])), words).split()


def english_number(n: int) -> str:
    """A number below 100 in words; others as they are."""
    if n < 20:
        return ONES[n]
    return f"{TENS[n // 10]} {ONES[n % 10] if n % 10 else ''}" if n < 100 else str(n)


def context(job: catalogue.Job, keys: dict[str, catalogue.Job]) -> list[catalogue.Job]:
    """The sounds of the announcement in which a sound is heard."""
    for pattern, before, after in AROUND[job.lang]:
        if re.match(pattern, job.key):
            return [*(keys[k] for k in before), job, *(keys[k] for k in after)]
    return [job]


def main() -> None:
    """Hears every sound and reports the doubtful ones and the error rate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="folder of a Whisper model")
    parser.add_argument("--lang", choices=["zh", "en"], required=True)
    parser.add_argument("--match", default="", help="regular expression of keys to hear")
    options = parser.parse_args()
    model = WhisperModel(str(options.model), device="cpu", compute_type="int8", cpu_threads=1)
    jobs = [j for j in catalogue.load(TTS / "data" / "catalogue.toml") if j.lang == options.lang]
    keys = {j.key: j for j in jobs}
    wrong = total = 0
    for job in (j for j in jobs if re.search(options.match, j.key)):
        told = context(job, keys)
        heard = hear(model, [SOUNDS / f"{j.name}.wav" for j in told], options.lang)
        said = plain(" ".join(j.text for j in told), options.lang)
        errors = distance(said, plain(heard, options.lang))
        wrong, total = wrong + errors, total + len(said)
        if errors:
            print(f"{errors} {job.key}: {''.join(j.text for j in told)} -> {heard}", flush=True)
    print(f"{wrong} of {total} syllables or words understood otherwise", flush=True)


def hear(model: WhisperModel, paths: list[Path], lang: str) -> str:
    """What the recogniser makes of sounds played one after the other."""
    silence = np.zeros(3_200)
    line = np.concatenate([silence, *(sound.read_alaw_wav(p) for p in paths), silence])
    wide = resample_poly(line, 2, 1).astype(np.float32) * 3
    hint = "以下是普通话的句子。" if lang == "zh" else None
    segments, _ = model.transcribe(
        wide, language=lang, beam_size=3, condition_on_previous_text=False,
        without_timestamps=True, temperature=0, initial_prompt=hint,
    )
    return "".join(segment.text for segment in segments)


if __name__ == "__main__":
    main()
