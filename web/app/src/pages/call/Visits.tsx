/** The waits of a call in queues, each with its one outcome. */
import type { Schema } from "@tipring/client";
import { useTranslation } from "react-i18next";
import { duration, timeOfDay } from "../../app/format";
import type { LiveAgent } from "../../live/model";
import { agentName } from "../../live/names";
import { StateMark } from "../../parts/StateMark";

export function Visits(props: {
  visits: readonly Schema<"QueueVisit">[];
  agents: readonly LiveAgent[];
}) {
  const { t, i18n } = useTranslation();
  if (props.visits.length === 0) return <p className="quiet pad">{t("call.noVisits")}</p>;
  return (
    <ul className="visits">
      {props.visits.map((visit, index) => (
        <li key={index}>
          <strong>{visit.queue_name}</strong>
          {visit.outcome ? (
            <StateMark tone={`visit-${visit.outcome}`} word={t(`queueOutcome.${visit.outcome}`)} />
          ) : (
            <StateMark tone="offered" word={t("call.waitingNow")} />
          )}
          {visit.wait_ms != null && (
            <span>{t("call.visitLine", { wait: duration(visit.wait_ms) })}</span>
          )}
          {visit.agent != null && <span>{agentName(props.agents, visit.agent)}</span>}
          <span className="quiet figure">{timeOfDay(visit.entered_ms, i18n.language)}</span>
        </li>
      ))}
    </ul>
  );
}
