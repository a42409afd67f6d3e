/** An agent's desktop: the own state, the call at hand, and who waits. */
import type { Schema } from "@tipring/client";
import { useTranslation } from "react-i18next";
import { useLive, usePops } from "../../live/LiveProvider";
import type { LiveState } from "../../live/model";
import { Waiting } from "../overview/Waiting";
import { CallAtHand } from "./CallAtHand";
import { DialPanel } from "./DialPanel";
import "./desk.css";
import { OwnState } from "./OwnState";

export function DeskPage({ me }: { me: Schema<"Me"> }) {
  const { t } = useTranslation();
  const live = useLive();
  const pops = usePops();
  const own = live?.agents.find((agent) => agent.agent === me.agent);
  if (!live || !own) return <p className="quiet loading">{t("common.loading")}</p>;
  const call = live.calls.find((one) => one.call === own.call);
  const pop = pops.find((one) => one.agent === own.agent && one.call === own.call);
  const extension = own.extension ?? null;
  return (
    <div className="desk">
      <h1 className="page-title">
        {own.name || own.work_number}
        <span className="quiet figure">
          {own.work_number}
          {extension && ` · ${t("common.extension")} ${extension}`}
        </span>
      </h1>
      {own.state === "talking" && <WaitingHint live={live} />}
      <OwnState own={own} reasons={live.reasons} />
      {extension && (
        <CallAtHand own={own} call={call} extension={extension} url={pop?.url} key={own.call} />
      )}
      {extension && <DialPanel extension={extension} />}
      <Waiting queues={live.queues} agents={live.agents} />
    </div>
  );
}

/** Says to one who talks that callers wait. */
function WaitingHint({ live }: { live: LiveState }) {
  const { t } = useTranslation();
  const count = live.queues.reduce((sum, queue) => sum + queue.waiting.length, 0);
  if (count === 0) return null;
  return (
    <p className="waiting-hint" role="status">
      {t("desk.callersWait", { count })}
    </p>
  );
}
