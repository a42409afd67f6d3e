"""Text to 24 kHz speech: Chinese and English text to phonemes, phonemes to sound."""

import re
from pathlib import Path

import jieba
import numpy as np
import onnxruntime as ort
from misaki.espeak import EspeakFallback
from misaki.zh import ZHG2P
from pypinyin import Style, lazy_pinyin, load_phrases_dict

from . import models

RATE_HZ = 24_000
# Samples in one frame of the model's durations.
FRAME = 600
# Readings a general dictionary gets wrong in a telephone prompt.
PHRASES = {"重听": "chóng tīng", "重拨": "chóng bō", "重录": "chóng lù", "重输": "chóng shū"}
DIGITS = str.maketrans("0123456789", "零一二三四五六七八九")
PAUSES = str.maketrans("，。！？：；、", ",.!?:;,")


class Speaker:
    """One loaded model; `say` gives the samples of a text in a voice."""

    def __init__(self, cache: Path):
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = ort.InferenceSession(
            str(models.model_path(cache)), options, providers=["CPUExecutionProvider"]
        )
        self._ids = models.phoneme_ids(cache)
        self._cache = cache
        self._voices: dict[str, np.ndarray] = {}
        self._english = EspeakFallback(british=False)
        jieba.setLogLevel("ERROR")
        load_phrases_dict({w: [[s] for s in p.split()] for w, p in PHRASES.items()})
        for word in PHRASES:
            jieba.add_word(word)

    def phonemes(self, text: str, lang: str, pinyin: str | None = None) -> str:
        """The phonemes of a text; `pinyin` (`yi1 yue4`) replaces the reading of its words."""
        if not text:
            return ""
        if lang == "en":
            return self._english(_Token(text))[0].replace("əɹɹ", "əɹ")
        if pinyin:
            return "".join(map(ZHG2P.py2ipa, pinyin.split())).replace(chr(815), "")
        return chinese_phonemes(text)

    def say(self, phonemes: list[str], voice: str, speed: float) -> tuple[np.ndarray, np.ndarray]:
        """Says phonemes given in parts: float samples at 24 kHz, and where each part begins, in
        samples, with the end of the last."""
        if voice not in self._voices:
            self._voices[voice] = models.voice(self._cache, voice)
        whole = "".join(phonemes)
        unknown = [c for c in whole if c not in self._ids]
        if unknown:
            raise SystemExit(f"no phoneme ids for {unknown!r} in {whole!r}")
        ids = [self._ids[c] for c in whole]
        style = self._voices[voice][min(len(ids), len(self._voices[voice])) - 1]
        feed = {
            "tokens": np.array([[0, *ids, 0]], dtype=np.int64),
            "style": style.reshape(1, 256),
            "speed": np.array([speed], dtype=np.float32),
        }
        samples, frames = self._session.run(["audio", models.DURATIONS], feed)
        starts = np.concatenate([[0], np.cumsum(np.ravel(frames))]) * FRAME
        counts = np.cumsum([1, *map(len, phonemes)])
        return np.asarray(samples, dtype=np.float32).ravel(), starts[counts]


class _Token:
    """What the English phonemiser expects to be handed."""

    def __init__(self, text: str):
        self.text = text


def pinyin_of(text: str) -> list[str]:
    """The reading of Chinese words, tone sandhi of 一, 不 and third tones applied."""
    return lazy_pinyin(
        text, style=Style.TONE3, neutral_tone_with_five=True, tone_sandhi=True
    )


def chinese_phonemes(text: str) -> str:
    """Phonemes of Chinese text, a space between words and pauses as written."""
    text = text.translate(DIGITS)
    out = []
    for run in re.findall(r"[\u4e00-\u9fff]+|[^\u4e00-\u9fff]+", text):
        if "\u4e00" <= run[0] <= "\u9fff":
            words = ["".join(ZHG2P.py2ipa(p) for p in pinyin_of(w)) for w in jieba.lcut(run)]
            out.append(" ".join(words))
        else:
            out.append(run.translate(PAUSES).strip() + " ")
    return "".join(out).replace(chr(815), "").strip()
