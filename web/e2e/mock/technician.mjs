// A mock of the technician's desk: a test takes a moment and finds a good line; learning waits until
// it is stopped.

const TEST_MS = 1200;
const TONE = { hz: [450], am_hz: 0, on_off_ms: [350, 350] };
const FIGURES = {
  idle_voltage_v: 48, loop_voltage_v: 8, loop_current_ma: 25, dial_tone_hz: [450],
  dial_tone_dbm0: -13.4, dial_tone_after_ms: 320, noise_dbm0p: -65.2, hum_dbm0: -72.5,
  echo_return_loss_db: 14.1, balance: 0, caller_id: "fsk",
};
const GOOD = { verdict_zh: "线路正常。", verdict_en: "The line is in order." };

/** The desk of a mock box with these exchange lines. */
export class Technician {
  constructor(lines) {
    this.lines = new Map(lines.map((line) => [line, { working: null, tested: null, learnt: null, tones: [] }]));
  }

  /** Answers a request for `/api/lines` or `/api/board`: status and body; nothing for any other. */
  answer(method, path, live) {
    if (method === "GET" && path === "/api/lines") return [200, this.#all(live)];
    if (method === "GET" && path === "/api/board") return [200, this.#board()];
    const [, label, what] = /^\/api\/lines\/([\w-]+)\/(test|learn|cancel)$/.exec(path) ?? [];
    if (method !== "POST" || !label) return undefined;
    const line = this.lines.get(label);
    if (!line) return [404];
    if ((what === "cancel") !== (line.working !== null)) return [409];
    return this[what](line);
  }

  test(line) {
    line.working = { what: "test", since_ms: Date.now() };
    setTimeout(() => {
      if (line.working?.what !== "test") return;
      line.working = null;
      line.tested = { at_ms: Date.now(), usable: true, good: true, ...GOOD, figures: FIGURES };
    }, TEST_MS);
    return [202];
  }

  learn(line) {
    line.working = { what: "learn", since_ms: Date.now() };
    return [202];
  }

  cancel(line) {
    if (line.working.what === "learn") {
      line.learnt = { at_ms: Date.now(), outcome: "cancelled", tone: null, level_dbm0: null, problem: "" };
    }
    line.working = null;
    return [204];
  }

  #all(live) {
    return [...this.lines].map(([label, line]) => {
      const now = live.find((one) => one.name === label);
      const tones = label === "fxo-1" ? [TONE] : line.tones;
      return { line: label, number: null, state: now?.state ?? null, alarm: now?.alarm ?? null, ...line, tones };
    });
  }

  #board() {
    const finding = (label) => ({ label, kind: "FXO", found: "Si3050, /dev/spidev0.0 slot 0", problem: "" });
    const findings = [...this.lines.keys()].map(finding);
    if (findings.length > 3) {
      findings[3].problem = "/dev/spidev0.3: No such file or directory; enable the bus";
    }
    return { name: "cm4-tdm", revision: 1, findings };
  }
}
