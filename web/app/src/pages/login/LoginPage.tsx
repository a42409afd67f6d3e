/** Logging in. */
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { useAgentLogIn, useLogIn } from "../../app/session";
import { Field } from "../../parts/Field";
import { Problem } from "../../parts/Problem";
import { Gate } from "./Gate";

export function LoginPage() {
  const { t } = useTranslation();
  const [asAgent, setAsAgent] = useState(false);
  return (
    <Gate title={t("login.title")} lead={t(asAgent ? "login.agentLead" : "login.lead")}>
      <div className="choices" role="group" aria-label={t("login.as")}>
        {[false, true].map((agent) => (
          <button
            key={String(agent)}
            type="button"
            className="choice"
            aria-pressed={asAgent === agent}
            onClick={() => setAsAgent(agent)}
          >
            {t(agent ? "login.asAgent" : "login.asUser")}
          </button>
        ))}
      </div>
      {asAgent ? <AgentForm /> : <UserForm />}
    </Gate>
  );
}

function UserForm() {
  const { t } = useTranslation();
  const [name, setName] = useState("admin");
  const [password, setPassword] = useState("");
  const logIn = useLogIn();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    logIn.mutate({ name, password });
  };
  return (
      <form onSubmit={submit}>
        <Field
          label={t("login.name")}
          name="name"
          autoComplete="username"
          required
          maxLength={64}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <Field
          label={t("login.password")}
          name="password"
          type="password"
          autoComplete="current-password"
          required
          autoFocus
          maxLength={256}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          hint={t("login.firstHint")}
        />
        <Problem error={logIn.error} />
        <button type="submit" className="button primary wide" disabled={logIn.isPending}>
          {logIn.isPending ? t("login.busy") : t("login.submit")}
        </button>
      </form>
  );
}

/** An agent sits down at a phone. */
function AgentForm() {
  const { t } = useTranslation();
  const [workNumber, setWorkNumber] = useState("");
  const [password, setPassword] = useState("");
  const [extension, setExtension] = useState("");
  const logIn = useAgentLogIn();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    logIn.mutate({ work_number: workNumber.trim(), password, extension: extension.trim() });
  };
  return (
    <form onSubmit={submit}>
      <Field
        label={t("agentAct.workNumber")}
        name="work-number"
        autoComplete="username"
        required
        autoFocus
        maxLength={40}
        inputMode="numeric"
        value={workNumber}
        onChange={(event) => setWorkNumber(event.target.value)}
      />
      <Field
        label={t("agentAct.password")}
        name="agent-password"
        type="password"
        autoComplete="current-password"
        required
        maxLength={64}
        inputMode="numeric"
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      <Field
        label={t("agentAct.extension")}
        name="extension"
        required
        maxLength={40}
        inputMode="numeric"
        value={extension}
        onChange={(event) => setExtension(event.target.value)}
      />
      <Problem error={logIn.error} />
      <button type="submit" className="button primary wide" disabled={logIn.isPending}>
        {logIn.isPending ? t("login.busy") : t("login.submit")}
      </button>
    </form>
  );
}
