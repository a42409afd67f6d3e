/** The frame of what comes before the pages. */
import { useEffect, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { LanguageSwitch } from "../../app/LanguageSwitch";
import "./login.css";

export function Gate(props: { title: string; lead: string; children: ReactNode }) {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `${props.title} · ${t("app.name")}`;
  }, [props.title, t]);
  return (
    <main className="gate">
      <div className="gate-top">
        <div className="gate-brand">
          <img src="/favicon.svg" alt="" width="34" height="34" />
          <strong>{t("app.name")}</strong>
          <span>{window.location.hostname}</span>
        </div>
        <LanguageSwitch />
      </div>
      <section className="gate-card">
        <h1>{props.title}</h1>
        <p className="quiet">{props.lead}</p>
        {props.children}
      </section>
    </main>
  );
}
