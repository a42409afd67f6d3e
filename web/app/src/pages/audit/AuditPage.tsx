/** The audit log: who changed what, when and from where, with before and after. */
import { useInfiniteQuery } from "@tanstack/react-query";
import type { Schema } from "@tipring/client";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "../../app/api";
import { dateTime } from "../../app/format";
import { Empty } from "../../parts/Empty";
import { Field } from "../../parts/Field";
import { Panel } from "../../parts/Panel";
import { Problem } from "../../parts/Problem";
import "../desk/desk.css";

export function AuditPage() {
  const { t } = useTranslation();
  const [who, setWho] = useState("");
  const [action, setAction] = useState("");
  const filter = {
    ...(who.trim() !== "" && { who: who.trim() }),
    ...(action.trim() !== "" && { action: action.trim() }),
  };
  const pages = useInfiniteQuery({
    queryKey: ["audit", filter],
    queryFn: ({ pageParam }) =>
      unwrap(
        api.GET("/api/audit", {
          params: { query: { ...filter, ...(pageParam != null && { after: pageParam }) } },
        }),
      ),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const rows = pages.data?.pages.flatMap((page) => page.rows) ?? [];
  const csv = `/api/audit.csv?${new URLSearchParams(filter).toString()}`;
  return (
    <div className="plain-page">
      <h1 className="page-title">{t("app.audit")}</h1>
      <Panel
        title={t("audit.title")}
        aside={
          <a className="button small" href={csv} download="audit.csv">
            {t("audit.csv")}
          </a>
        }
      >
        <div className="inline-form">
          <Field
            label={t("audit.who")}
            value={who}
            maxLength={80}
            onChange={(event) => setWho(event.target.value)}
          />
          <Field
            label={t("audit.action")}
            value={action}
            maxLength={80}
            placeholder="user-changed"
            onChange={(event) => setAction(event.target.value)}
          />
        </div>
        <Problem error={pages.error} />
        {pages.isSuccess && rows.length === 0 && <Empty title={t("audit.none")} />}
        <div className="table-wrap">
          <table className="plain-table">
            <tbody>
              {rows.map((row) => (
                <Row key={row.id} row={row} />
              ))}
            </tbody>
          </table>
        </div>
        {pages.hasNextPage && (
          <div className="pad">
            <button type="button" className="button" onClick={() => void pages.fetchNextPage()}>
              {t("audit.more")}
            </button>
          </div>
        )}
      </Panel>
    </div>
  );
}

function Row({ row }: { row: Schema<"AuditView"> }) {
  const { t, i18n } = useTranslation();
  return (
    <tr data-audit={row.id}>
      <td className="figure">{dateTime(row.at_ms, i18n.language)}</td>
      <td>
        <strong>{row.who}</strong> <span className="quiet figure">{row.address}</span>
      </td>
      <td>
        {row.action} <span className="quiet">{row.target}</span>
      </td>
      <td>
        {(row.before != null || row.after != null) && (
          <details>
            <summary>{t("audit.change")}</summary>
            <span className="quiet">{t("audit.before")}</span>
            <pre>{JSON.stringify(row.before, null, 1)}</pre>
            <span className="quiet">{t("audit.after")}</span>
            <pre>{JSON.stringify(row.after, null, 1)}</pre>
          </details>
        )}
      </td>
    </tr>
  );
}
