/** Who waits in any queue, the next to be served first. */
import { useTranslation } from "react-i18next";
import { number } from "../../app/format";
import type { LiveAgent, LiveQueue } from "../../live/model";
import { Empty } from "../../parts/Empty";
import { Panel } from "../../parts/Panel";
import { Ticking } from "../../parts/Ticking";
import { agentName } from "../../live/names";

export function Waiting(props: {
  queues: readonly LiveQueue[];
  agents: readonly LiveAgent[];
}) {
  const { t } = useTranslation();
  const rows = props.queues.flatMap((queue) =>
    queue.waiting.map((waiting) => ({ queue: queue.name, ...waiting })),
  );
  return (
    <Panel title={t("overview.waitingCallers")} count={rows.length} className="waiting">
      {rows.length === 0 ? (
        <Empty title={t("overview.noWaiting")} />
      ) : (
        <ol className="waiting-list">
          {rows.map((row) => (
            <li key={row.call} data-call={row.call}>
              <span className="place figure" title={t("overview.place")}>
                {row.position}
              </span>
              <span className="waiting-who">
                <strong className="figure">
                  {row.caller ? number(row.caller) : t("common.unknownCaller")}
                </strong>
                <span className="quiet">
                  {row.offered_to == null
                    ? row.queue
                    : t("overview.offering", { agent: agentName(props.agents, row.offered_to) })}
                </span>
              </span>
              <Ticking since={row.since_ms} className="waiting-time" />
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
