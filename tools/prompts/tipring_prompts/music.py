"""Music on hold, composed and played here: free of anybody's rights, the same on every run.

A slow round of eight chords at 64 beats a minute: a soft electric piano breaks the chords, a
plucked melody sings above it from a pentatonic scale, a pad lies below. Everything is written
into a ring, so notes and echoes that ring past the end are heard at the start, and the loop has
no seam. All of it sounds within 200-3400 Hz, so the line takes nothing away.
"""

import hashlib
import inspect

import numpy as np
from scipy import signal

from . import sound

RATE_HZ = 24_000
BEAT_S = 60 / 64
BEATS = 64
SEED = 20_261

# C major with a turn to the relative minor; each chord lasts four beats.
CHORDS = [
    (48, 55, 60, 64, 67, 71),
    (45, 52, 57, 60, 64, 67),
    (53, 57, 60, 64, 69, 72),
    (43, 50, 55, 59, 64, 67),
    (52, 55, 59, 62, 67, 71),
    (45, 52, 57, 60, 64, 71),
    (50, 53, 57, 60, 65, 69),
    (43, 50, 55, 60, 62, 67),
]
SCALE = [67, 69, 72, 74, 76, 79, 81, 84]


def digest() -> str:
    """Changes when the piece must be rendered again."""
    return hashlib.sha256(inspect.getsource(inspect.getmodule(digest)).encode()).hexdigest()[:16]


def _hz(note: float) -> float:
    return 440.0 * 2 ** ((note - 69) / 12)


def _add(ring: np.ndarray, at_s: float, note: np.ndarray) -> None:
    """Writes a note into the ring; what passes the end goes on at the start."""
    start = int(at_s * RATE_HZ)
    np.add.at(ring, (start + np.arange(len(note))) % len(ring), note)


def _piano(note: int, strength: float) -> np.ndarray:
    """A bell-like electric piano: a sine whose phase is bent by a faster, quickly fading one."""
    t = np.arange(int(2.6 * RATE_HZ)) / RATE_HZ
    hz = _hz(note)
    bend = 0.9 * strength * np.exp(-t * 5) * np.sin(2 * np.pi * 2 * hz * t)
    tone = np.sin(2 * np.pi * hz * t + bend) + 0.25 * np.sin(4 * np.pi * hz * t) * np.exp(-t * 3)
    return strength * tone * np.exp(-t * 1.6) * np.minimum(1, t / 0.008)


def _pluck(note: int, strength: float, rng: np.random.Generator) -> np.ndarray:
    """A plucked string: noise in a tuned, slowly damped delay line."""
    period = RATE_HZ / _hz(note)
    length = int(2.2 * RATE_HZ)
    delay = int(period - 0.5)
    burst = np.zeros(length)
    burst[:delay] = signal.lfilter([0.35], [1, -0.65], rng.uniform(-1, 1, delay))
    share = period - 0.5 - delay
    comb = np.zeros(delay + 3)
    comb[0] = 1
    comb[delay : delay + 3] = -0.996 * np.convolve([1 - share, share], [0.5, 0.5])
    tone = signal.lfilter([1], comb, burst)
    t = np.arange(length) / RATE_HZ
    return strength * tone * np.minimum(1, (2.2 - t) / 0.3) * np.minimum(1, t / 0.003)


def _pad(chord: tuple[int, ...], length_s: float) -> np.ndarray:
    """A soft, slightly wavering chord that swells and goes."""
    t = np.arange(int(length_s * RATE_HZ)) / RATE_HZ
    shape = np.sin(np.pi * t / length_s) ** 1.2
    tone = np.zeros_like(t)
    for n, note in enumerate(chord[1:5]):
        hz = _hz(note + (12 if note < 57 else 0))
        waver = 0.4 * np.sin(2 * np.pi * (0.21 + 0.05 * n) * t)
        tone += np.sin(2 * np.pi * hz * t + waver) + 0.3 * np.sin(4 * np.pi * hz * t - waver)
    return tone * shape


def _melody(rng: np.random.Generator) -> list[tuple[float, int, float]]:
    """Beat, note and strength: phrases of small steps, the second half answering the first."""
    notes, place = [], 3
    rhythms = [(0, 1, 1.5, 2), (0, 1.5, 2, 3), (0.5, 1, 2), (0, 2)]
    for bar in range(BEATS // 4):
        chord = {n % 12 for n in CHORDS[bar % len(CHORDS)]}
        for beat in rhythms[(bar + bar // 4) % len(rhythms)]:
            place = int(np.clip(place + rng.integers(-2, 3), 0, len(SCALE) - 1))
            if beat == 0 and SCALE[place] % 12 not in chord:
                near = sorted(range(len(SCALE)), key=lambda i: abs(i - place))
                place = next(i for i in near if SCALE[i] % 12 in chord)
            notes.append((bar * 4 + beat, SCALE[place], 0.7 + 0.3 * rng.random()))
    return notes


def _echo(ring: np.ndarray) -> np.ndarray:
    """A short room of scattered, darkening echoes, wound around the ring."""
    rng = np.random.default_rng(SEED + 1)
    room = np.zeros(len(ring))
    count = int(1.2 * RATE_HZ)
    room[:count] = rng.standard_normal(count) * np.exp(-np.arange(count) / RATE_HZ * 5.5)
    room[:count] = signal.lfilter([0.3], [1, -0.7], room[:count])
    room *= 0.22 / np.sqrt(np.sum(np.square(room)))
    room[0] += 1
    return np.fft.irfft(np.fft.rfft(ring) * np.fft.rfft(room), len(ring))


def compose() -> np.ndarray:
    """The whole loop at 8 kHz, a minute long."""
    rng = np.random.default_rng(SEED)
    ring = np.zeros(int(BEATS * BEAT_S * RATE_HZ))
    for bar in range(BEATS // 4):
        chord = CHORDS[bar % len(CHORDS)]
        for step, voice in enumerate((0, 2, 3, 4, 5, 4, 3, 2)):
            note = chord[voice] + (12 if chord[voice] < 55 else 0)
            late = rng.normal(0, 0.006)
            at_s = ((bar * 4 + step / 2) * BEAT_S + late) % (BEATS * BEAT_S)
            _add(ring, at_s, 0.30 * _piano(note, 0.75 + 0.25 * (step == 0)))
        _add(ring, bar * 4 * BEAT_S, 0.05 * _pad(chord, 4.6 * BEAT_S))
    for beat, note, strength in _melody(rng):
        _add(ring, beat * BEAT_S, 0.55 * _pluck(note, strength, rng))
    lead = 2_400
    wet = _echo(ring)
    wound = np.concatenate([wet[-lead:], wet, wet[:lead]])
    return sound.to_line_rate(wound)[(1_200 + lead) // 3 :][: len(ring) // 3]
