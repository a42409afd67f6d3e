"""Renders the catalogue of prompts to the sounds that ship with the box."""

import argparse
import json
from pathlib import Path

import numpy as np

from tipring_prompts import catalogue, demo, music, sound, speak

TTS = Path(__file__).resolve().parents[2] / "firmware" / "tts"
SOUNDS = TTS / "sounds"
INDEX = Path(__file__).resolve().parent / "rendered.json"
SPEECH_DBM0, MUSIC_DBM0 = -20.0, -24.0


def speech(speaker: speak.Speaker, job: catalogue.Job) -> np.ndarray:
    """The finished sound of one job."""
    texts = [(job.before, None), (job.text, job.pinyin), (job.after, None)]
    parts = [speaker.phonemes(text, job.lang, pinyin) for text, pinyin in texts]
    parts = spaced(parts)
    raw, starts = speaker.say(parts, job.voice, job.speed)
    line = sound.to_line_rate(raw)
    start = int(starts[1]) // 3 if any(c.isalpha() for c in parts[0]) else 0
    end = int(starts[2]) // 3 if any(c.isalpha() for c in parts[2]) else len(line)
    word = sound.cut(line, start, end)
    return sound.at_level(sound.trimmed(word, job.before_ms, job.after_ms), SPEECH_DBM0)


def spaced(parts: list[str]) -> list[str]:
    """Puts a blank between parts, none before a pause; it belongs to what is cut away."""
    before, text, after = (part.strip() for part in parts)
    before = before + " " if before else ""
    after = after if not after or after[0] in ",.!?;:" else " " + after
    return [before, text, after]


def render_catalogue(options, index: dict) -> None:
    """Makes what changed and removes sounds no longer in the catalogue."""
    jobs = catalogue.load(TTS / "data" / "catalogue.toml")
    stale = [j for j in jobs if options.all or not up_to_date(j.name, j.digest(), index)]
    stale = [j for j in stale if not options.only or j.key in options.only]
    stale = [j for j in stale if j.lang in options.lang]
    speaker = speak.Speaker(options.cache) if stale else None
    for count, job in enumerate(stale, 1):
        sound.write_alaw_wav(SOUNDS / f"{job.name}.wav", speech(speaker, job))
        index[job.name] = job.digest()
        if count % 25 == 0 or count == len(stale):
            print(f"{count}/{len(stale)} {job.name}", flush=True)
            save(index)
    wanted = {j.name for j in jobs}
    for folder in catalogue.FOLDERS.values():
        for path in (SOUNDS / folder).glob("*.wav"):
            if f"{folder}/{path.stem}" not in wanted:
                path.unlink()
                index.pop(f"{folder}/{path.stem}", None)


def render_demo(options, index: dict) -> None:
    """The talk of the demonstration's callers and agents."""
    scripts = demo.load(Path(__file__).resolve().parent / "demo.toml")
    speaker = None
    for script in scripts:
        names = [f"demo/{script.name}-{side}" for side in ("caller", "agent")]
        if not options.all and all(up_to_date(n, script.digest(), index) for n in names):
            continue
        speaker = speaker or speak.Speaker(options.cache)
        for name, samples in zip(names, demo.perform(speaker, script, SPEECH_DBM0)):
            sound.write_alaw_wav(SOUNDS / f"{name}.wav", samples)
            index[name] = script.digest()
        save(index)


def render_music(options, index: dict) -> None:
    """The music on hold."""
    name, digest = "music/hold", music.digest()
    if options.all or not up_to_date(name, digest, index):
        samples = sound.at_level(music.compose(), MUSIC_DBM0, sound.rms_level)
        sound.write_alaw_wav(SOUNDS / f"{name}.wav", samples)
        index[name] = digest


def up_to_date(name: str, digest: str, index: dict) -> bool:
    """Whether the sound is there and was made from the same text in the same way."""
    return index.get(name) == digest and (SOUNDS / f"{name}.wav").exists()


def save(index: dict) -> None:
    """Keeps what was rendered from which text, beside what another run may have added."""
    if INDEX.exists():
        index = json.loads(INDEX.read_text()) | index
    index = {name: digest for name, digest in index.items() if (SOUNDS / f"{name}.wav").exists()}
    INDEX.write_text(json.dumps(dict(sorted(index.items())), indent=0) + "\n")


def main() -> None:
    """Reads the options and renders what changed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True, help="folder for the voice model")
    parser.add_argument("--all", action="store_true", help="render even what did not change")
    parser.add_argument("--only", nargs="*", help="keys to render, instead of all that changed")
    parser.add_argument("--lang", nargs="*", default=["zh", "en"], help="languages to render")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    index = json.loads(INDEX.read_text()) if INDEX.exists() else {}
    render_catalogue(options, index)
    if not options.only and options.lang == ["zh", "en"]:
        render_demo(options, index)
        render_music(options, index)
    save(index)


if __name__ == "__main__":
    main()
