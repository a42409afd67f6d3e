/** The agents: who is in which state, since when, where, and what a supervisor can do about it. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { AgentState, LiveAgent } from "../../live/model";
import { Empty } from "../../parts/Empty";
import { Panel } from "../../parts/Panel";
import { StateMark } from "../../parts/StateMark";
import { Ticking } from "../../parts/Ticking";
import { LogInAgent, LogOutAgent, NotReady } from "./AgentDialogs";
import { useAgentReady } from "./agentActions";

const ORDER: readonly AgentState[] = [
  "talking",
  "offered",
  "wrap-up",
  "ready",
  "not-ready",
  "logged-out",
];

type Asked = { what: "login" } | { what: "not-ready" | "logout"; agent: LiveAgent };

export function Agents({ agents }: { agents: readonly LiveAgent[] }) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState<Asked>();
  const close = (): void => setAsked(undefined);
  const sorted = [...agents].sort(
    (a, b) =>
      ORDER.indexOf(a.state) - ORDER.indexOf(b.state) ||
      a.work_number.localeCompare(b.work_number),
  );
  const present = sorted.filter((agent) => agent.state !== "logged-out");
  const logIn = (
    <button
      type="button"
      className="button small"
      disabled={agents.length === 0}
      onClick={() => setAsked({ what: "login" })}
    >
      {t("agentAct.login")}
    </button>
  );
  return (
    <Panel title={t("overview.agents")} count={present.length} aside={logIn} className="agents">
      {agents.length === 0 && (
        <Empty title={t("overview.noAgents")}>
          <a href="#/settings">{t("overview.noAgentsHint")}</a>
        </Empty>
      )}
      {agents.length > 0 && present.length === 0 && (
        <p className="hint">{t("overview.nobodyIn")}</p>
      )}
      {present.length > 0 && (
        <ul className="agent-list">
          {present.map((agent) => (
            <AgentRow key={agent.agent} agent={agent} onAsk={setAsked} />
          ))}
        </ul>
      )}
      <Absent agents={sorted.slice(present.length)} />
      {asked?.what === "login" && <LogInAgent agents={agents} onClose={close} />}
      {asked?.what === "not-ready" && <NotReady agent={asked.agent} onClose={close} />}
      {asked?.what === "logout" && <LogOutAgent agent={asked.agent} onClose={close} />}
    </Panel>
  );
}

/** Who is not at work, in little room. */
function Absent({ agents }: { agents: readonly LiveAgent[] }) {
  const { t } = useTranslation();
  if (agents.length === 0) return null;
  return (
    <div className="absent">
      <StateMark tone="logged-out" word={t("agentState.logged-out")} />
      <ul>
        {agents.map((agent) => (
          <li key={agent.agent} data-agent={agent.agent} data-state={agent.state}>
            {agent.name} <span className="quiet figure">{agent.work_number}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function AgentRow({ agent, onAsk }: { agent: LiveAgent; onAsk: (asked: Asked) => void }) {
  const { t } = useTranslation();
  return (
    <li className="agent" data-agent={agent.agent} data-state={agent.state}>
      <span className="agent-who">
        <strong>{agent.name || agent.work_number}</strong>
        <span className="quiet figure">
          {agent.work_number}
          {agent.extension && ` · ${t("common.extension")} ${agent.extension}`}
        </span>
      </span>
      <span className="agent-state">
        <StateMark tone={agent.state} word={t(`agentState.${agent.state}`)} />
        <span className="quiet">
          {agent.call != null && (
            <a href={`#/calls/${agent.call}`}>{t("overview.inCall", { call: agent.call })}</a>
          )}
          {agent.reason}
        </span>
      </span>
      <Ticking since={agent.since_ms} className="agent-time" />
      <AgentButtons agent={agent} onAsk={onAsk} />
    </li>
  );
}

function AgentButtons({ agent, onAsk }: { agent: LiveAgent; onAsk: (asked: Asked) => void }) {
  const { t } = useTranslation();
  const ready = useAgentReady();
  return (
    <span className="agent-actions">
      {(agent.state === "not-ready" || agent.state === "wrap-up") && (
        <button
          type="button"
          className="button small"
          disabled={ready.isPending}
          title={agent.state === "wrap-up" ? t("agentAct.endWrapUp") : undefined}
          onClick={() => ready.mutate(agent.agent)}
        >
          {t("agentAct.ready")}
        </button>
      )}
      {agent.state !== "not-ready" && (
        <button
          type="button"
          className="button small"
          onClick={() => onAsk({ what: "not-ready", agent })}
        >
          {t("agentAct.notReady")}
        </button>
      )}
      <button
        type="button"
        className="button small"
        onClick={() => onAsk({ what: "logout", agent })}
      >
        {t("agentAct.logout")}
      </button>
    </span>
  );
}
