/** The questions asked before an agent's state is changed. */
import { useState, type FormEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { LiveAgent } from "../../live/model";
import { Dialog } from "../../parts/Dialog";
import { Field } from "../../parts/Field";
import { Problem } from "../../parts/Problem";
import { useAgentLogIn, useAgentLogOut, useAgentNotReady } from "./agentActions";
import { agentName } from "../../live/names";

const REASONS = ["break", "meal", "meeting", "training", "paperwork"] as const;

/** A dialog around a form, with its error and its two buttons. */
function Ask(props: {
  title: string;
  submit: string;
  pending: boolean;
  error: unknown;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    props.onSubmit();
  };
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <form onSubmit={submit}>
        {props.children}
        <Problem error={props.error} />
        <div className="dialog-actions">
          <button type="button" className="button" onClick={props.onClose}>
            {t("common.cancel")}
          </button>
          <button type="submit" className="button primary" disabled={props.pending}>
            {props.submit}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

export function NotReady({ agent, onClose }: { agent: LiveAgent; onClose: () => void }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState<string>(t("agentAct.reasons.break"));
  const change = useAgentNotReady();
  const reasons = REASONS.map((known) => t(`agentAct.reasons.${known}`));
  return (
    <Ask
      title={t("agentAct.notReadyTitle", { agent: agentName([agent], agent.agent) })}
      submit={t("agentAct.submitNotReady")}
      pending={change.isPending}
      error={change.error}
      onSubmit={() =>
        change.mutate({ agent: agent.agent, reason: reason.trim() }, { onSuccess: onClose })
      }
      onClose={onClose}
    >
      <div className="choices" role="group" aria-label={t("agentAct.reason")}>
        {reasons.map((known) => (
          <button
            key={known}
            type="button"
            className="choice"
            aria-pressed={reason === known}
            onClick={() => setReason(known)}
          >
            {known}
          </button>
        ))}
      </div>
      <Field
        label={t("agentAct.reason")}
        value={reason}
        required
        maxLength={64}
        onChange={(event) => setReason(event.target.value)}
      />
    </Ask>
  );
}

export function LogOutAgent({ agent, onClose }: { agent: LiveAgent; onClose: () => void }) {
  const { t } = useTranslation();
  const change = useAgentLogOut();
  return (
    <Ask
      title={t("agentAct.logoutTitle", { agent: agentName([agent], agent.agent) })}
      submit={t("agentAct.logout")}
      pending={change.isPending}
      error={change.error}
      onSubmit={() => change.mutate(agent.agent, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>{t("agentAct.logoutLead")}</p>
    </Ask>
  );
}

export function LogInAgent(props: { agents: readonly LiveAgent[]; onClose: () => void }) {
  const { t } = useTranslation();
  const out = props.agents.filter((agent) => agent.state === "logged-out");
  const [workNumber, setWorkNumber] = useState(out[0]?.work_number ?? "");
  const [password, setPassword] = useState("");
  const [extension, setExtension] = useState("");
  const change = useAgentLogIn();
  return (
    <Ask
      title={t("agentAct.loginTitle")}
      submit={t("agentAct.submitLogin")}
      pending={change.isPending}
      error={change.error}
      onSubmit={() =>
        change.mutate(
          { work_number: workNumber.trim(), password, extension: extension.trim() },
          { onSuccess: props.onClose },
        )
      }
      onClose={props.onClose}
    >
      <p className="quiet">{t("agentAct.loginLead")}</p>
      <Field
        label={t("agentAct.workNumber")}
        value={workNumber}
        required
        maxLength={40}
        inputMode="numeric"
        onChange={(event) => setWorkNumber(event.target.value)}
      />
      <Field
        label={t("agentAct.password")}
        type="password"
        autoComplete="off"
        value={password}
        required
        maxLength={64}
        inputMode="numeric"
        onChange={(event) => setPassword(event.target.value)}
      />
      <Field
        label={t("agentAct.extension")}
        value={extension}
        required
        maxLength={40}
        inputMode="numeric"
        placeholder="8001"
        onChange={(event) => setExtension(event.target.value)}
      />
    </Ask>
  );
}
