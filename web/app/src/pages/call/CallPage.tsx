/** One call: how it went, segment by segment, its recording, and every event of it. */
import { useQuery } from "@tanstack/react-query";
import type { Schema } from "@tipring/client";
import { useTranslation } from "react-i18next";
import { api, ApiError, unwrap } from "../../app/api";
import { useBoxNow } from "../../app/clock";
import { number } from "../../app/format";
import { useLive } from "../../live/LiveProvider";
import { Empty } from "../../parts/Empty";
import { Panel } from "../../parts/Panel";
import { Problem } from "../../parts/Problem";
import "./call.css";
import { Events } from "./Events";
import { Recordings } from "./Recordings";
import { Segments } from "./Segments";
import { Summary } from "./Summary";
import { Visits } from "./Visits";

export type CallDetail = Schema<"CallDetail">;

function useCall(call: number) {
  return useQuery({
    queryKey: ["call", call],
    queryFn: () => unwrap(api.GET("/api/calls/{call}", { params: { path: { call } } })),
  });
}

export function CallPage({ call: id }: { call: number }) {
  const { t } = useTranslation();
  const call = useCall(id);
  const missing = call.error instanceof ApiError && call.error.status === 404;
  return (
    <div className="call-page">
      <a className="back" href="#/calls">
        ← {t("call.back")}
      </a>
      {call.isPending && <p className="quiet loading">{t("common.loading")}</p>}
      {missing && (
        <Empty title={t("call.missing")}>
          <p>{t("call.missingHint")}</p>
        </Empty>
      )}
      {!missing && <Problem error={call.error} retry={() => void call.refetch()} />}
      {call.data && <Detail call={call.data} />}
    </div>
  );
}

function Detail({ call }: { call: CallDetail }) {
  const { t } = useTranslation();
  const now = useBoxNow();
  const agents = useLive()?.agents ?? [];
  const caller = call.caller ? number(call.caller) : t("common.unknownCaller");
  return (
    <>
      <h1 className="page-title">
        <span className="figure">{caller}</span>
        {call.caller_name && <span>{call.caller_name}</span>}
        <span className="quiet">{t("call.title", { call: call.call })}</span>
      </h1>
      <Summary call={call} agents={agents} now={now} />
      <Panel title={t("call.recording")}>
        <Recordings call={call} />
      </Panel>
      <Panel title={t("call.segments")} count={call.segments.length}>
        <Segments segments={call.segments} agents={agents} now={now} />
      </Panel>
      <Panel title={t("call.visits")}>
        <Visits visits={call.visits} agents={agents} />
      </Panel>
      <Events call={call} agents={agents} />
    </>
  );
}
