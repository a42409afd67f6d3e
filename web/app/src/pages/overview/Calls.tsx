/** Calls in progress, each with its segments. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useBoxNow } from "../../app/clock";
import { number } from "../../app/format";
import type { LiveAgent, LiveCall, LiveLine } from "../../live/model";
import { Empty } from "../../parts/Empty";
import { Panel } from "../../parts/Panel";
import { Ticking } from "../../parts/Ticking";
import { Timeline } from "../../parts/Timeline";
import { HangUp } from "./HangUp";
import { handlerName } from "../../live/names";

export function Calls(props: {
  calls: readonly LiveCall[];
  agents: readonly LiveAgent[];
  lines: readonly LiveLine[];
}) {
  const { t } = useTranslation();
  const [ending, setEnding] = useState<number>();
  const now = useBoxNow();
  return (
    <Panel title={t("overview.calls")} count={props.calls.length} className="calls-now">
      {props.calls.length === 0 ? (
        <FirstCall lines={props.lines} />
      ) : (
        <ul className="call-list">
          {props.calls.map((call) => (
            <CallCard
              key={call.call}
              call={call}
              agents={props.agents}
              now={now}
              onHangUp={() => setEnding(call.call)}
            />
          ))}
        </ul>
      )}
      {ending !== undefined && (
        <HangUp
          id={ending}
          call={props.calls.find((call) => call.call === ending)}
          agents={props.agents}
          onClose={() => setEnding(undefined)}
        />
      )}
    </Panel>
  );
}

function FirstCall({ lines }: { lines: readonly LiveLine[] }) {
  const { t } = useTranslation();
  const line = lines.find((one) => one.kind === "fxo")?.name ?? "fxo-1";
  return (
    <Empty title={t("overview.noCalls")}>
      <p>{t("overview.noCallsHint")}</p>
      <code>tipring sim call --line {line} --from 13800138000 --press 1@12s --for 60s</code>
      <p>{t("overview.demoHint")}</p>
      <code>./box run --demo</code>
    </Empty>
  );
}

function CallCard(props: {
  call: LiveCall;
  agents: readonly LiveAgent[];
  now: number;
  onHangUp: () => void;
}) {
  const { t } = useTranslation();
  const { call } = props;
  const current = call.segments.at(-1);
  const bars = call.segments.map((segment) => ({
    ...segment,
    handler: handlerName(props.agents, segment.handler),
  }));
  return (
    <li className="call-card" data-call={call.call} data-segment={current?.kind}>
      <div className="call-line">
        <a className="call-who" href={`#/calls/${call.call}`}>
          <strong className="figure">
            {call.caller ? number(call.caller) : t("common.unknownCaller")}
          </strong>
          {call.caller_name && <span>{call.caller_name}</span>}
        </a>
        <span className="call-way quiet">
          <span>{t("callCard.from", { source: call.source })}</span>
          {call.called && <span>{t("callCard.called", { called: call.called })}</span>}
        </span>
        <span className="call-flags">
          {call.recording && (
            <span className="mark tone-recording">
              <i aria-hidden="true" />
              {t("callCard.recording")}
            </span>
          )}
          {!call.answered && <span className="mark tone-off">{t("callCard.notAnswered")}</span>}
        </span>
        <Ticking since={call.began_ms} className="call-time" />
        <button type="button" className="button small danger" onClick={props.onHangUp}>
          {t("callCard.hangUp")}
        </button>
      </div>
      {bars.length > 0 && <Timeline bars={bars} now={props.now} />}
      {current && (
        <p className="call-now">
          <span className={`dot kind-${current.kind}`} aria-hidden="true" />
          {t(`segment.${current.kind}`)} · {handlerName(props.agents, current.handler)}
          {current.ended_ms == null && <Ticking since={current.began_ms} className="quiet" />}
        </p>
      )}
    </li>
  );
}
