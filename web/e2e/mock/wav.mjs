// A stereo recording that can be told by ear and by player: low tones left, high tones right.

const RATE = 8000;

/** Makes a WAV of so many seconds: 8 kHz, 16 bit, caller left, agent right, speaking in turn. */
export function makeWav(seconds) {
  const samples = Math.round(seconds * RATE);
  const wav = Buffer.alloc(44 + samples * 4);
  wav.write("RIFF", 0);
  wav.writeUInt32LE(36 + samples * 4, 4);
  wav.write("WAVEfmt ", 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(2, 22);
  wav.writeUInt32LE(RATE, 24);
  wav.writeUInt32LE(RATE * 4, 28);
  wav.writeUInt16LE(4, 32);
  wav.writeUInt16LE(16, 34);
  wav.write("data", 36);
  wav.writeUInt32LE(samples * 4, 40);
  for (let n = 0; n < samples; n++) {
    const second = n / RATE;
    const callerSpeaks = Math.floor(second) % 2 === 0;
    const swell = 0.5 - 0.5 * Math.cos(2 * Math.PI * second * 4);
    const tone = (hz) => Math.round(6000 * swell * Math.sin(2 * Math.PI * hz * second));
    wav.writeInt16LE(callerSpeaks ? tone(220) : 0, 44 + n * 4);
    wav.writeInt16LE(callerSpeaks ? 0 : tone(440), 46 + n * 4);
  }
  return wav;
}
