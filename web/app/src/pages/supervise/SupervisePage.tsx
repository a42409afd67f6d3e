/** A supervisor's view: the own queues, who waits, the agents and their calls, and stepping in. */
import type { Schema } from "@tipring/client";
import { useTranslation } from "react-i18next";
import { useLive } from "../../live/LiveProvider";
import "../desk/desk.css";
import "../overview/overview.css";
import { QueueTiles } from "../overview/QueueTiles";
import { Waiting } from "../overview/Waiting";
import { AgentTable } from "./AgentTable";
import { CallTable } from "./CallTable";
import { OwnPhone } from "./OwnPhone";
import { TodayPanels } from "./TodayPanels";

export function SupervisePage({ me }: { me: Schema<"Me"> }) {
  const { t } = useTranslation();
  const live = useLive();
  if (!live) return <p className="quiet loading">{t("common.loading")}</p>;
  const phone = me.extension ?? null;
  return (
    <div className="supervise">
      <h1 className="page-title">{t("app.supervise")}</h1>
      <OwnPhone extension={phone} />
      <QueueTiles queues={live.queues} />
      <Waiting queues={live.queues} agents={live.agents} />
      <AgentTable agents={live.agents} calls={live.calls} phone={phone} />
      <CallTable calls={live.calls} agents={live.agents} phone={phone} />
      <TodayPanels />
    </div>
  );
}
