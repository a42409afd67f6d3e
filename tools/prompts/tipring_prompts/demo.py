"""The talk of the demonstration: what each side of a call says, turn by turn.

Both sides of a script are rendered together. While one side speaks the other's file is silent, so
the two files started at the same moment make a conversation.
"""

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import sound
from .speak import Speaker

GAP_MS = 350
VERSION = 1


@dataclass(frozen=True)
class Script:
    """One conversation."""

    name: str
    lang: str
    caller: str
    agent: str
    turns: tuple[tuple[str, str], ...]

    def digest(self) -> str:
        """Changes when the conversation must be rendered again."""
        return hashlib.sha256(repr((VERSION, GAP_MS, self)).encode()).hexdigest()[:16]


def load(path: Path) -> list[Script]:
    """The conversations of the demonstration."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return [
        Script(name, row["lang"], row["caller"], row["agent"], tuple(map(tuple, row["turns"])))
        for name, row in table.items()
    ]


def _turn(speaker: Speaker, script: Script, side: str, text: str) -> np.ndarray:
    voice = script.caller if side == "caller" else script.agent
    raw, _ = speaker.say([speaker.phonemes(text, script.lang)], voice, 1.1)
    return sound.trimmed(sound.to_line_rate(raw), 60, 80)


def perform(speaker: Speaker, script: Script, level_dbm0: float) -> list[np.ndarray]:
    """The caller's and the agent's sound, of the same length."""
    sides = {"caller": [np.zeros(GAP_MS * 8)], "agent": [np.zeros(GAP_MS * 8)]}
    for side, text in script.turns:
        samples = _turn(speaker, script, side, text)
        for name, parts in sides.items():
            parts.append(samples if name == side else np.zeros(len(samples)))
            parts.append(np.zeros(GAP_MS * 8))
    return [sound.at_level(np.concatenate(parts), level_dbm0) for parts in sides.values()]
