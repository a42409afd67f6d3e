/** What stands around every page: whose box, whether it is live, its clock, the way to the pages. */
import type { Schema } from "@tipring/client";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useLink } from "../live/LiveProvider";
import { CallPage } from "../pages/call/CallPage";
import { CallsPage } from "../pages/calls/CallsPage";
import { LinesPage } from "../pages/lines/LinesPage";
import { AuditPage } from "../pages/audit/AuditPage";
import { DeskPage } from "../pages/desk/DeskPage";
import { FiguresPage } from "../pages/figures/FiguresPage";
import { OverviewPage } from "../pages/overview/OverviewPage";
import { PeoplePage } from "../pages/people/PeoplePage";
import { SettingsPage } from "../pages/settings/SettingsPage";
import { SupervisePage } from "../pages/supervise/SupervisePage";
import { Empty } from "../parts/Empty";
import { useBoxNow } from "./clock";
import { timeOfDay } from "./format";
import { LanguageSwitch } from "./LanguageSwitch";
import { parseRoute, useHash, type Route } from "./route";
import { hears, tabsOf, type Tab } from "./roles";
import { useLogOut } from "./session";
import "./shell.css";

export function Shell({ me }: { me: Schema<"Me"> }) {
  const { t, i18n } = useTranslation();
  const tabs = tabsOf(me.role);
  const route = allowed(parseRoute(useHash()), tabs);
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
          {tabs.map((tab) => (
            <a
              key={tab}
              href={tab === "overview" ? "#/" : `#/${tab}`}
              aria-current={shown === tab ? "page" : undefined}
            >
              {t(`app.${tab}`)}
            </a>
          ))}
        </nav>
        <div className="top-end">
          {hears(me.role) && (
            <span className={`link link-${link}`} title={t(`app.linkHint.${link}`)} role="status">
              <i aria-hidden="true" />
              {t(`app.link.${link}`)}
            </span>
          )}
          <BoxClockFace />
          <LanguageSwitch />
          <LogOut name={me.name} />
        </div>
      </header>
      {link === "lost" && <p className="lost-bar">{t("app.linkHint.lost")}</p>}
      <main id="content" className="content" tabIndex={-1}>
        <Page route={route} me={me} />
      </main>
    </>
  );
}

/** The address after `#` is the page's, so the skip link moves the focus by hand. */
function skipToContent(event: { preventDefault(): void }): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

/** The page asked for, or the role's first where it asks for what the role has not. */
function allowed(route: Route, tabs: readonly Tab[]): Route {
  if (route.page === "missing") return route;
  const tab = route.page === "call" ? "calls" : route.page;
  if (tabs.includes(tab)) return route;
  const first = tabs[0] ?? "settings";
  return first === "calls" ? { page: "calls", filter: new URLSearchParams() } : { page: first };
}

function Page({ route, me }: { route: Route; me: Schema<"Me"> }) {
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
      return <SettingsPage me={me} />;
    case "supervise":
      return <SupervisePage key={me.extension} me={me} />;
    case "desk":
      return <DeskPage me={me} />;
    case "figures":
      return <FiguresPage />;
    case "people":
      return <PeoplePage />;
    case "audit":
      return <AuditPage />;
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
