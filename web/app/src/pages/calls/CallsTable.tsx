/** The calls found, under the day they began on. */
import type { Schema } from "@tipring/client";
import { useTranslation } from "react-i18next";
import { useBoxNow } from "../../app/clock";
import { day, duration, number, timeOfDay } from "../../app/format";
import { useLive } from "../../live/LiveProvider";
import type { LiveAgent } from "../../live/model";
import { handlerName } from "../../live/names";
import { StateMark } from "../../parts/StateMark";

type Call = Schema<"Call">;

const DAY_MS = 86_400_000;

export function CallsTable({ calls }: { calls: readonly Call[] }) {
  const { t, i18n } = useTranslation();
  const now = useBoxNow();
  const agents = useLive()?.agents ?? [];
  const today = day(now, i18n.language);
  const yesterday = day(now - DAY_MS, i18n.language);
  const days = new Map<string, Call[]>();
  for (const call of calls) {
    const name = day(call.began_ms, i18n.language);
    days.set(name, [...(days.get(name) ?? []), call]);
  }
  return (
    <div className="calls-days">
      {[...days].map(([name, rows]) => (
        <section key={name} className="panel calls-day">
          <h2>
            {name === today && <b>{t("calls.today")}</b>}
            {name === yesterday && <b>{t("calls.yesterday")}</b>}
            <span className="quiet">{name}</span>
          </h2>
          <table className="calls-table">
            <thead>
              <tr>
                <th scope="col">{t("calls.began")}</th>
                <th scope="col">{t("calls.caller")}</th>
                <th scope="col">{t("calls.called")}</th>
                <th scope="col">{t("calls.outcome")}</th>
                <th scope="col">{t("calls.handledBy")}</th>
                <th scope="col" className="right">
                  {t("calls.duration")}
                </th>
                <th scope="col">{t("calls.recording")}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((call) => (
                <CallRow key={call.call} call={call} agents={agents} now={now} />
              ))}
            </tbody>
          </table>
        </section>
      ))}
    </div>
  );
}

function CallRow(props: { call: Call; agents: readonly LiveAgent[]; now: number }) {
  const { t, i18n } = useTranslation();
  const { call, agents, now } = props;
  const disposition = call.disposition;
  // An exchange line without polarity service has no answer signal.
  const certainty = call.answer_certainty;
  const estimated = certainty === "voice" || certainty === "timer" ? certainty : undefined;
  return (
    <tr data-call={call.call}>
      <td className="figure at">{timeOfDay(call.began_ms, i18n.language)}</td>
      <td className="who">
        <a href={`#/calls/${call.call}`} aria-label={t("calls.open", { call: call.call })}>
          <strong className="figure">
            {call.caller ? number(call.caller) : t("common.unknownCaller")}
          </strong>
          {call.caller_name && <span> {call.caller_name}</span>}
        </a>
      </td>
      <td className="figure to">
        {call.called ?? ""}
        <span className="quiet source">{call.source}</span>
      </td>
      <td className="outcome">
        {disposition ? (
          <StateMark tone={`out-${disposition}`} word={t(`disposition.${disposition}`)} />
        ) : (
          <StateMark tone="talking" word={t("calls.inProgress")} />
        )}
        {estimated && (
          <span className="quiet estimated" title={t(`answerCertainty.${estimated}`)}>
            {t("calls.estimated")}
          </span>
        )}
      </td>
      <td className="agent-cell figure">{call.agent && handlerName(agents, call.agent)}</td>
      <td className="figure right length">{duration((call.ended_ms ?? now) - call.began_ms)}</td>
      <td className="recorded">
        {call.recorded && (
          <span className="play" title={t("calls.hasRecording")}>
            <i aria-hidden="true">▶</i>
            <span className="unseen">{t("calls.hasRecording")}</span>
          </span>
        )}
      </td>
    </tr>
  );
}
