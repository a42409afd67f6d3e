/** The wallboard: queues, callers waiting, calls, agents and lines as they are now. */
import { useTranslation } from "react-i18next";
import { useLive } from "../../live/LiveProvider";
import { Agents } from "./Agents";
import { Calls } from "./Calls";
import { Health } from "./Health";
import { Lines } from "./Lines";
import "./overview.css";
import { QueueTiles } from "./QueueTiles";
import { Today } from "./Today";
import { Waiting } from "./Waiting";

export function OverviewPage() {
  const { t } = useTranslation();
  const live = useLive();
  if (!live) return <p className="quiet loading">{t("common.loading")}</p>;
  return (
    <div className="overview">
      <h1 className="unseen">{t("app.overview")}</h1>
      <Health />
      <QueueTiles queues={live.queues} />
      <div className="overview-main">
        <Waiting queues={live.queues} agents={live.agents} />
        <Calls calls={live.calls} agents={live.agents} lines={live.lines} />
        <Agents agents={live.agents} />
      </div>
      <Today />
      <Lines lines={live.lines} spans={live.spans} />
    </div>
  );
}
