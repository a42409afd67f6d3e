"""From 24 kHz speech to what a telephone line carries: 8 kHz, 200-3400 Hz, A-law, one level.

Levels are in dBm0. A sine that just reaches A-law's full scale is +3.14 dBm0 (ITU-T G.711),
so an RMS of 1.0 here (full scale is 1.0 peak) is +6.15 dBm0.
"""

import struct
from pathlib import Path

import numpy as np
from scipy import signal

RATE_HZ = 8_000
FULL_SCALE_RMS_DBM0 = 3.14 + 10 * np.log10(2)
_BAND = signal.firwin(601, [200, 3500], fs=24_000, pass_zero=False, window=("kaiser", 7.0))


def to_line_rate(speech_24k: np.ndarray) -> np.ndarray:
    """Band-limits and decimates by three; flat within 1 dB from 300 to 3400 Hz, 70 dB down at 4 kHz."""
    padded = np.concatenate([np.zeros(1_200), speech_24k, np.zeros(1_200)])
    return np.convolve(padded, _BAND, mode="same")[::3]


def active_level(x: np.ndarray) -> float:
    """Active speech level in dBm0 by method B of ITU-T P.56 (hangover 0.2 s, margin 15.9 dB)."""
    if not np.any(x):
        return -100.0
    g = np.exp(-1 / (RATE_HZ * 0.03))
    envelope = np.abs(x)
    for _ in range(2):
        envelope = signal.lfilter([1 - g], [1, -g], envelope)
    hangover = int(0.2 * RATE_HZ)
    energy = float(np.sum(np.square(x)))
    previous = None
    for step in range(15, 0, -1):
        threshold = 2.0 ** -step
        above = np.concatenate([envelope >= threshold, np.zeros(hangover, bool)])
        active = int(np.count_nonzero(_held(above, hangover)[: len(x)]))
        if active == 0:
            break
        level = 10 * np.log10(energy / active)
        margin = level - 20 * np.log10(threshold)
        if previous and margin <= 15.9:
            last_level, last_margin = previous
            share = (last_margin - 15.9) / (last_margin - margin)
            return last_level + share * (level - last_level) + FULL_SCALE_RMS_DBM0
        previous = (level, margin)
    return previous[0] + FULL_SCALE_RMS_DBM0


def _held(above: np.ndarray, hangover: int) -> np.ndarray:
    """Extends every true run by `hangover` samples."""
    index = np.arange(len(above))
    last = np.maximum.accumulate(np.where(above, index, -hangover - 1))
    return index - last <= hangover


def rms_level(x: np.ndarray) -> float:
    """Plain RMS level in dBm0, for music."""
    return 10 * np.log10(float(np.mean(np.square(x))) + 1e-12) + FULL_SCALE_RMS_DBM0


def trimmed(x: np.ndarray, before_ms: int, after_ms: int) -> np.ndarray:
    """Cuts the silence at both ends down to the margins, with short fades."""
    frame = RATE_HZ // 200
    count = len(x) // frame
    power = np.mean(np.square(x[: count * frame].reshape(count, frame)), axis=1)
    loud = np.flatnonzero(power > np.max(power) * 10 ** (-50 / 10))
    start = loud[0] * frame - before_ms * 8
    end = (loud[-1] + 1) * frame + after_ms * 8
    lead, tail = max(0, -start), max(0, end - len(x))
    y = np.concatenate([np.zeros(lead), x[max(0, start) : end], np.zeros(tail)])
    fade_in, fade_out = min(before_ms * 8, 80), min(after_ms * 8, 160)
    y[:fade_in] *= np.linspace(0, 1, fade_in)
    y[len(y) - fade_out :] *= np.linspace(1, 0, fade_out)
    return y


def cut(x: np.ndarray, start: int, end: int) -> np.ndarray:
    """A stretch of samples out of a sentence, with short fades.

    The start is moved to the quietest point nearby: a consonant's hiss often begins before the
    frame the model gives it, and without it 十 is taken for 直.
    """
    if start > 0:
        power = np.convolve(np.square(x), np.ones(160) / 160, mode="same")
        first = max(0, start - 640)
        start = first + int(np.argmin(power[first : start + 240]))
    y = x[max(0, start - 40) : end + 160].copy()
    y[:80] *= np.linspace(0, 1, 80)
    y[-120:] *= np.linspace(1, 0, 120)
    return y


def at_level(x: np.ndarray, target_dbm0: float, level=active_level) -> np.ndarray:
    """Scales to the level; peaks above 90 % of full scale are bent, never cut."""
    y = x * 10 ** ((target_dbm0 - level(x)) / 20)
    knee, top = 0.75, 0.90
    over = np.abs(y) > knee
    y[over] = np.sign(y[over]) * (
        knee + (top - knee) * np.tanh((np.abs(y[over]) - knee) / (top - knee))
    )
    return y


def _alaw_byte(sample: int) -> int:
    """One 16-bit sample in A-law (ITU-T G.711, even bits inverted)."""
    mask = 0xD5 if sample >= 0 else 0x55
    magnitude = (sample if sample >= 0 else -sample - 1) >> 3
    if magnitude < 32:
        return (magnitude >> 1) ^ mask
    segment = min(magnitude.bit_length() - 5, 7)
    return ((segment << 4) | ((magnitude >> segment) & 0x0F)) ^ mask


_ALAW = bytes(_alaw_byte(s - 32_768) for s in range(65_536))


def _linear(byte: int) -> int:
    """What an A-law byte stands for, 16 bits."""
    b = byte ^ 0x55
    segment, mantissa = (b >> 4) & 7, b & 0x0F
    value = (mantissa << 4) + (8 if segment == 0 else 0x108)
    value <<= max(0, segment - 1)
    return value if b & 0x80 else -value


_LINEAR = np.array([_linear(b) for b in range(256)], dtype=np.float64) / 32_768


def write_alaw_wav(path: Path, x: np.ndarray) -> None:
    """Mono 8 kHz A-law WAV: format 6, an 18-byte `fmt ` and a `fact` chunk."""
    codes = np.clip(np.rint(x * 32_768), -32_768, 32_767).astype(np.int64) + 32_768
    data = np.frombuffer(_ALAW, dtype=np.uint8)[codes].tobytes()
    pad = b"\0" * (len(data) % 2)
    fmt = struct.pack("<4sIHHIIHHH", b"fmt ", 18, 6, 1, RATE_HZ, RATE_HZ, 1, 8, 0)
    fact = struct.pack("<4sII", b"fact", 4, len(data))
    body = b"WAVE" + fmt + fact + struct.pack("<4sI", b"data", len(data)) + data + pad
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<4sI", b"RIFF", len(body)) + body)


def read_alaw_wav(path: Path) -> np.ndarray:
    """Samples of a file written by `write_alaw_wav`, -1 to 1."""
    raw = path.read_bytes()
    size = struct.unpack("<I", raw[54:58])[0]
    return _LINEAR[np.frombuffer(raw[58 : 58 + size], dtype=np.uint8)]
