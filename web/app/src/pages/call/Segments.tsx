/** The segments of a call: to scale, then line by line. */
import type { Schema } from "@tipring/client";
import { useTranslation } from "react-i18next";
import { duration, timeOfDay } from "../../app/format";
import type { LiveAgent } from "../../live/model";
import { handlerName } from "../../live/names";
import { Timeline } from "../../parts/Timeline";

export function Segments(props: {
  segments: readonly Schema<"Segment">[];
  agents: readonly LiveAgent[];
  now: number;
}) {
  const { t, i18n } = useTranslation();
  const segments = props.segments.map((segment) => ({
    ...segment,
    handler: handlerName(props.agents, segment.handler),
  }));
  return (
    <>
      <Timeline bars={segments} now={props.now} tall />
      <ul className="segment-list">
        {segments.map((segment) => (
          <li key={segment.segment}>
            <span className={`dot kind-${segment.kind}`} aria-hidden="true" />
            <strong>{t(`segment.${segment.kind}`)}</strong>
            <span className="segment-handler">{segment.handler}</span>
            <span className="figure quiet">{timeOfDay(segment.began_ms, i18n.language)}</span>
            <span className="figure segment-length">
              {duration((segment.ended_ms ?? props.now) - segment.began_ms)}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
