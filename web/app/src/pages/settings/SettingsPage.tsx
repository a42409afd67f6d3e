/** Settings: the configuration as a file, and one's own password. */
import type { Schema } from "@tipring/client";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Panel } from "../../parts/Panel";
import { useNotes } from "../../parts/Toast";
import { PasswordForm } from "../login/PasswordForm";
import { Configuration } from "./Configuration";
import "./settings.css";

export function SettingsPage({ me }: { me: Schema<"Me"> }) {
  const { t } = useTranslation();
  return (
    <div className="settings-page">
      <h1 className="page-title">{t("settings.title")}</h1>
      {(me.role === "administrator" || me.role === "technician") && (
        <Panel title={t("settings.config")}>
          <Configuration />
        </Panel>
      )}
      <Panel title={t("settings.account")}>
        <Account />
      </Panel>
    </div>
  );
}

function Account() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const notes = useNotes();
  const done = (): void => {
    setOpen(false);
    notes.done(t("settings.passwordSaved"));
  };
  return (
    <div className="pad account">
      {open ? (
        <PasswordForm onDone={done} />
      ) : (
        <button type="button" className="button" onClick={() => setOpen(true)}>
          {t("settings.changePassword")}
        </button>
      )}
    </div>
  );
}
