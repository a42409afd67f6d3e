/** A tone in words. */
import type { Schema } from "@tipring/client";
import type { TFunction } from "i18next";

/** `450 Hz, 350/350 ms`. */
export function toneText(t: TFunction, tone: Schema<"LineTone">): string {
  const modulated = tone.am_hz > 0 ? ` × ${tone.am_hz}` : "";
  const times = tone.on_off_ms.join("/");
  return t("lines.tone", {
    hz: tone.hz.join("+") + modulated,
    cadence: times === "" ? t("lines.continuous") : t("lines.cadence", { times }),
  });
}
