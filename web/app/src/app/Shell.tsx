/** What stands around every page: whose box, whether it is live, its clock, the way to the pages. */
import type { Schema } from "@tipring/client";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useLink } from "../live/LiveProvider";
import { CallPage } from "../pages/call/CallPage";
import { CallsPage } from "../pages/calls/CallsPage";
import { LinesPage } from "../pages/lines/LinesPage";
import { OverviewPage } from "../pages/overview/OverviewPage";
import { SettingsPage } from "../pages/settings/SettingsPage";
import { Empty } from "../parts/Empty";
import { useBoxNow } from "./clock";
import { timeOfDay } from "./format";
import { LanguageSwitch } from "./LanguageSwitch";
import { parseRoute, useHash, type Route } from "./route";
import { useLogOut } from "./session";
import "./shell.css";

const TABS = [
  { page: "overview", hash: "#/" },
  { page: "calls", hash: "#/calls" },
  { page: "lines", hash: "#/lines" },
  { page: "settings", hash: "#/settings" },
] as const;

export function Shell({ me }: { me: Schema<"Me"> }) {
  const { t, i18n } = useTranslation();
  const route = parseRoute(useHash());
  const link = useLink();
  const shown = route.page === "call" ? "calls" : route.page;
  useEffect(() => {
    const name = shown === "missing" ? t("app.notFound") : t(`app.${shown}`);
    document.title = `${name} · ${t("app.name")}`;
  }, [shown, t, i18n.language]);
  return (
    <>
      <a className="skip" href="#content" onClick={skipToContent}>
        {t("app.skip")}
      </a>
      <header className="top">
        <div className="brand">
          <img src="/favicon.svg" alt="" width="26" height="26" />
          <div className="brand-text">
            <strong>{t("app.name")}</strong>
            <span>{window.location.hostname}</span>
          </div>
        </div>
        <nav className="tabs" aria-label={t("app.menu")}>
          {TABS.map((tab) => (
            <a
              key={tab.page}
              href={tab.hash}
              aria-current={shown === tab.page ? "page" : undefined}
            >
              {t(`app.${tab.page}`)}
            </a>
          ))}
        </nav>
        <div className="top-end">
          <span className={`link link-${link}`} title={t(`app.linkHint.${link}`)} role="status">
            <i aria-hidden="true" />
            {t(`app.link.${link}`)}
          </span>
          <BoxClockFace />
          <LanguageSwitch />
          <LogOut name={me.name} />
        </div>
      </header>
      {link === "lost" && <p className="lost-bar">{t("app.linkHint.lost")}</p>}
      <main id="content" className="content" tabIndex={-1}>
        <Page route={route} />
      </main>
    </>
  );
}

/** The address after `#` is the page's, so the skip link moves the focus by hand. */
function skipToContent(event: { preventDefault(): void }): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

function Page({ route }: { route: Route }) {
  const { t } = useTranslation();
  switch (route.page) {
    case "overview":
      return <OverviewPage />;
    case "calls":
      return <CallsPage filter={route.filter} />;
    case "call":
      return <CallPage key={route.call} call={route.call} />;
    case "lines":
      return <LinesPage />;
    case "settings":
      return <SettingsPage />;
    case "missing":
      return (
        <Empty title={t("app.notFound")}>
          <p>{t("app.notFoundHint")}</p>
          <a className="button" href="#/">
            {t("app.toOverview")}
          </a>
        </Empty>
      );
  }
}

function BoxClockFace() {
  const { t, i18n } = useTranslation();
  const now = useBoxNow();
  return (
    <time className="box-clock figure" title={t("app.boxClock")} aria-label={t("app.boxClock")}>
      {timeOfDay(now, i18n.language)}
    </time>
  );
}

function LogOut({ name }: { name: string }) {
  const { t } = useTranslation();
  const logOut = useLogOut();
  return (
    <button
      type="button"
      className="button small"
      title={t("app.signedInAs", { name })}
      disabled={logOut.isPending}
      onClick={() => logOut.mutate()}
    >
      {t("app.logout")}
    </button>
  );
}
