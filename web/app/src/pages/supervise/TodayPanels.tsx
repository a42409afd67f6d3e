/** The day so far, by queue and by agent, as the box tells it anew. */
import { useTranslation } from "react-i18next";
import { useToday } from "../../live/LiveProvider";
import { Empty } from "../../parts/Empty";
import { Panel } from "../../parts/Panel";
import { FigureTable } from "../figures/FigureTable";
import "../figures/figures.css";

export function TodayPanels() {
  const { t } = useTranslation();
  const today = useToday()?.figures;
  if (!today) return null;
  const { queues, agents, total } = today;
  return (
    <>
      <Panel title={t("supervise.todayQueues")}>
        {queues.length === 0 ? (
          <Empty title={t("supervise.todayNothing")} />
        ) : (
          <FigureTable table={{ rows: queues, total: queues.length > 1 ? total : null, by: "queue", step: "whole" }} />
        )}
      </Panel>
      {agents.length > 0 && (
        <Panel title={t("supervise.todayAgents")}>
          <FigureTable table={{ rows: agents, total: null, by: "agent", step: "whole" }} />
        </Panel>
      )}
    </>
  );
}
