/** Logging in. */
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { useLogIn } from "../../app/session";
import { Field } from "../../parts/Field";
import { Problem } from "../../parts/Problem";
import { Gate } from "./Gate";

export function LoginPage() {
  const { t } = useTranslation();
  const [name, setName] = useState("admin");
  const [password, setPassword] = useState("");
  const logIn = useLogIn();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    logIn.mutate({ name, password });
  };
  return (
    <Gate title={t("login.title")} lead={t("login.lead")}>
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
    </Gate>
  );
}
