/** Every event of the call-event log that is about the call. */
import { useTranslation } from "react-i18next";
import { timeOfDay } from "../../app/format";
import type { LiveAgent } from "../../live/model";
import type { CallDetail } from "./CallPage";
import { eventText } from "./words";

export function Events(props: { call: CallDetail; agents: readonly LiveAgent[] }) {
  const { t, i18n } = useTranslation();
  const { events, visits } = props.call;
  const queues = new Map(visits.map((visit) => [visit.queue, visit.queue_name]));
  const names = { agents: props.agents, queues };
  return (
    <details className="panel events">
      <summary>
        <h2>{t("call.events")}</h2>
        <span className="quiet">{t("call.eventCount", { count: events.length })}</span>
      </summary>
      <ol>
        {events.map((event) => (
          <li key={event.id}>
            <time className="figure quiet">{timeOfDay(event.at_ms, i18n.language)}</time>
            <span>{eventText(t, event, names)}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}
