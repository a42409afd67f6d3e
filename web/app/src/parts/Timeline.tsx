/** The segments of a call, drawn to scale: one bar a segment, as wide as it lasted. */
import { useTranslation } from "react-i18next";
import { duration } from "../app/format";
import type { SegmentKind } from "../live/model";

/** One bar. */
export interface Bar {
  kind: SegmentKind;
  handler: string;
  began_ms: number;
  ended_ms?: number | null | undefined;
}

/** The least width of a bar, as a share of the whole, so that short segments can be seen. */
const SHARE_MIN = 0.045;

export function Timeline(props: { bars: readonly Bar[]; now: number; tall?: boolean }) {
  const { t } = useTranslation();
  const { bars, now } = props;
  const lengths = bars.map((bar) => Math.max(0, (bar.ended_ms ?? now) - bar.began_ms));
  const whole = Math.max(1, lengths.reduce((sum, length) => sum + length, 0));
  return (
    <ol className={props.tall ? "timeline tall" : "timeline"} aria-label={t("callCard.timeline")}>
      {bars.map((bar, index) => {
        const length = lengths[index] ?? 0;
        const word = t(`segment.${bar.kind}`);
        const text = `${word} ${bar.handler} ${duration(length)}`;
        return (
          <li
            key={index}
            className={`bar kind-${bar.kind}${bar.ended_ms == null ? " now" : ""}`}
            style={{ flexGrow: Math.max(length / whole, SHARE_MIN) * 100 }}
            title={text}
          >
            <span className="bar-text">
              <b>{word}</b> <span className="figure">{duration(length)}</span>
            </span>
          </li>
        );
      })}
    </ol>
  );
}
