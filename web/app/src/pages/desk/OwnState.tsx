/** The agent's state with its countdown, and the buttons that change it. */
import type { Schema } from "@tipring/client";
import { useTranslation } from "react-i18next";
import { useBoxNow } from "../../app/clock";
import { agent, useCommand } from "../../app/commands";
import { duration } from "../../app/format";
import type { LiveAgent } from "../../live/model";
import { Panel } from "../../parts/Panel";
import { StateMark } from "../../parts/StateMark";
import { Ticking } from "../../parts/Ticking";

/** By how much a wrap-up is made longer with one press, in seconds. */
const EXTEND_S = 30;
/** The reasons where the configuration names none. */
const REASONS = ["break", "meal", "meeting", "training", "paperwork"] as const;

export function OwnState(props: { own: LiveAgent; reasons: readonly Schema<"LiveReason">[] }) {
  const { t } = useTranslation();
  const { own } = props;
  const send = useCommand();
  const button = (text: string, onClick: () => void, primary = false) => (
    <button
      type="button"
      className={primary ? "button primary" : "button"}
      disabled={send.isPending}
      onClick={onClick}
    >
      {text}
    </button>
  );
  const rests = own.state === "not-ready" || own.state === "wrap-up";
  return (
    <Panel title={t("desk.state")} className="own-state">
      <div className="pad" data-state={own.state}>
        <p className="state-line">
          <StateMark tone={own.state} word={t(`agentState.${own.state}`)} />
          <Ticking since={own.since_ms} className="state-time" />
          {own.reason && <span className="quiet">{own.reason}</span>}
          {own.until_ms != null && <Countdown until={own.until_ms} />}
          {own.leave_asked != null && (
            <span className="quiet">{t("desk.leaveAsked", { reason: own.leave_asked })}</span>
          )}
        </p>
        <div className="button-row">
          {own.state === "wrap-up" &&
            button(t("desk.endWrapUp"), () => send.mutate(agent.wrapUp(own.agent, null)), true)}
          {own.state === "wrap-up" &&
            button(t("desk.extend", { count: EXTEND_S }), () =>
              send.mutate(agent.wrapUp(own.agent, EXTEND_S)),
            )}
          {rests && own.state !== "wrap-up" &&
            button(t("agentAct.ready"), () => send.mutate(agent.ready(own.agent)), true)}
        </div>
        {own.state !== "logged-out" && (
          <Reasons reasons={props.reasons} current={own.reason} onChoose={(reason) =>
            send.mutate(agent.notReady(own.agent, reason))} />
        )}
      </div>
    </Panel>
  );
}

function Countdown({ until }: { until: number }) {
  const { t } = useTranslation();
  const left = until - useBoxNow();
  return (
    <span className={left < 0 ? "countdown over figure" : "countdown figure"}>
      {left < 0 ? t("desk.over", { time: duration(-left) }) : t("desk.left", { time: duration(left) })}
    </span>
  );
}

function Reasons(props: {
  reasons: readonly Schema<"LiveReason">[];
  current: string;
  onChoose: (reason: string) => void;
}) {
  const { t, i18n } = useTranslation();
  const known = props.reasons.map((reason) => ({
    key: reason.key,
    name: (i18n.language === "en" ? reason.en : reason.zh) || reason.key,
  }));
  const plain = REASONS.map((reason) => {
    const name = t(`agentAct.reasons.${reason}`);
    return { key: name, name };
  });
  return (
    <div className="button-row" role="group" aria-label={t("agentAct.notReady")}>
      <span className="quiet">{t("desk.notReadyFor")}</span>
      {(known.length > 0 ? known : plain).map(({ key, name }) => (
        <button
          key={key}
          type="button"
          className="button small"
          aria-pressed={props.current === key}
          onClick={() => props.onChoose(key)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
