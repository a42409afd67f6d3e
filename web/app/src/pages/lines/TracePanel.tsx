/** The D-channels of E1 spans, live and in words. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Panel } from "../../parts/Panel";
import { Problem } from "../../parts/Problem";
import type { TraceFrame } from "./traceFrames";
import { traceUrl, useTrace, useTracedSpans } from "./useTrace";

export function TracePanel() {
  const { t } = useTranslation();
  const spans = useTracedSpans();
  const [span, setSpan] = useState<string>();
  const [whole, setWhole] = useState(false);
  const { frames, lost } = useTrace(span);
  if (spans.data?.length === 0) return null;
  const shown = whole ? frames : frames.filter((frame) => frame.call_control);
  return (
    <Panel title={t("lines.trace")} count={span ? shown.length : undefined} className="trace">
      <p className="quiet pad">{t("lines.traceLead")}</p>
      <Problem error={spans.error} retry={() => void spans.refetch()} />
      <div className="trace-tools pad">
        {spans.data?.map((name) => (
          <button
            key={name}
            type="button"
            className={name === span ? "button primary" : "button"}
            aria-pressed={name === span}
            onClick={() => setSpan(name === span ? undefined : name)}
          >
            {t(name === span ? "lines.traceStop" : "lines.traceStart", { span: name })}
          </button>
        ))}
        <label>
          <input
            type="checkbox"
            checked={whole}
            onChange={(event) => setWhole(event.target.checked)}
          />{" "}
          {t("lines.traceWhole")}
        </label>
        {span && (
          <a className="button" href={traceUrl(span, true)} download={`${span}.pcap`}>
            {t("lines.traceFile")}
          </a>
        )}
      </div>
      {span && lost && <p className="quiet pad">{t("lines.traceLost")}</p>}
      {span && !lost && shown.length === 0 && <p className="quiet pad">{t("lines.traceNone")}</p>}
      <ol className="trace-frames" data-trace={span}>
        {[...shown].reverse().map((frame) => (
          <Frame key={`${frame.number} ${frame.at_ms}`} frame={frame} />
        ))}
      </ol>
    </Panel>
  );
}

function Frame({ frame }: { frame: TraceFrame }) {
  const { i18n } = useTranslation();
  const words = i18n.language === "zh-CN" ? frame.zh : frame.en;
  const time = new Date(frame.at_ms);
  const clock = time.toLocaleTimeString(i18n.language, {
    hour12: false,
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
  });
  return (
    <li data-sent={frame.sent}>
      <details>
        <summary>
          <time dateTime={time.toISOString()}>{clock}</time>
          <span>{words.line}</span>
        </summary>
        <dl>
          {words.fields.map((field, place) => (
            // Fields may have one name twice, and never change.
            <div key={place}>
              <dt>{field.name}</dt>
              <dd>{field.value}</dd>
            </div>
          ))}
        </dl>
        <code>{frame.octets}</code>
      </details>
    </li>
  );
}
