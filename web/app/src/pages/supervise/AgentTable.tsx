/** The agents of the own queues with their states, and what a supervisor can do about them. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { agent as ask, useCommand } from "../../app/commands";
import type { LiveAgent, LiveCall } from "../../live/model";
import { Empty } from "../../parts/Empty";
import { Panel } from "../../parts/Panel";
import { StateMark } from "../../parts/StateMark";
import { Ticking } from "../../parts/Ticking";
import { Confirm } from "./Confirm";
import { StepIn } from "./StepIn";

type Asked = { what: "not-ready" | "logout"; agent: LiveAgent };

export function AgentTable(props: {
  agents: readonly LiveAgent[];
  calls: readonly LiveCall[];
  phone: string | null;
}) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState<Asked>();
  const present = props.agents.filter((agent) => agent.state !== "logged-out");
  const name = (agent: LiveAgent): string => agent.name || agent.work_number;
  return (
    <Panel title={t("overview.agents")} count={present.length}>
      {props.agents.length === 0 && <Empty title={t("supervise.noAgents")} />}
      <div className="table-wrap">
        <table className="plain-table">
          <tbody>
            {props.agents.map((agent) => (
              <Row
                key={agent.agent}
                agent={agent}
                call={props.calls.find((call) => call.call === agent.call)}
                phone={props.phone}
                onAsk={setAsked}
              />
            ))}
          </tbody>
        </table>
      </div>
      {asked?.what === "not-ready" && (
        <Confirm
          title={t("supervise.forceNotReadyTitle", { agent: name(asked.agent) })}
          lead={t("supervise.forceNotReadyLead")}
          submit={t("supervise.forceNotReady")}
          reason={t("supervise.toldReason")}
          command={(reason) => ask.forceNotReady(asked.agent.agent, reason)}
          onClose={() => setAsked(undefined)}
        />
      )}
      {asked?.what === "logout" && (
        <Confirm
          title={t("supervise.forceLogOutTitle", { agent: name(asked.agent) })}
          lead={t("supervise.forceLogOutLead")}
          submit={t("supervise.forceLogOut")}
          reason={t("supervise.toldReason")}
          command={(reason) => ask.forceLogOut(asked.agent.agent, reason)}
          onClose={() => setAsked(undefined)}
        />
      )}
    </Panel>
  );
}

function Row(props: {
  agent: LiveAgent;
  call: LiveCall | undefined;
  phone: string | null;
  onAsk: (asked: Asked) => void;
}) {
  const { t } = useTranslation();
  const { agent, call } = props;
  const send = useCommand();
  const isIn = agent.state !== "logged-out";
  return (
    <tr data-agent={agent.agent} data-state={agent.state}>
      <td>
        <strong>{agent.name || agent.work_number}</strong>{" "}
        <span className="quiet figure">
          {agent.work_number}
          {agent.extension && ` · ${t("common.extension")} ${agent.extension}`}
        </span>
      </td>
      <td>
        <StateMark tone={agent.state} word={t(`agentState.${agent.state}`)} />{" "}
        <span className="quiet">{agent.reason}</span>
      </td>
      <td>{isIn && <Ticking since={agent.since_ms} />}</td>
      <td>
        {call && <StepIn call={call} phone={props.phone} />}
        {agent.leave_asked != null && (
          <span className="button-row">
            <span>{t("supervise.asksLeave", { reason: agent.leave_asked })}</span>
            {[true, false].map((granted) => (
              <button
                key={String(granted)}
                type="button"
                className="button small"
                disabled={send.isPending}
                onClick={() => send.mutate(ask.leave(agent.agent, granted))}
              >
                {t(granted ? "supervise.grant" : "supervise.refuse")}
              </button>
            ))}
          </span>
        )}
      </td>
      <td>
        {isIn && (
          <span className="button-row">
            <button
              type="button"
              className="button small"
              title={t("supervise.forceNotReadyLead")}
              onClick={() => props.onAsk({ what: "not-ready", agent })}
            >
              {t("supervise.forceNotReady")}
            </button>
            <button
              type="button"
              className="button small"
              title={t("supervise.forceLogOutLead")}
              onClick={() => props.onAsk({ what: "logout", agent })}
            >
              {t("supervise.forceLogOut")}
            </button>
          </span>
        )}
      </td>
    </tr>
  );
}
