/** Every line, grouped by what it is; those in trouble say what is wrong. */
import { useTranslation } from "react-i18next";
import type { LineKind, LiveLine, LiveSpan } from "../../live/model";
import { Empty } from "../../parts/Empty";
import { Panel } from "../../parts/Panel";
import { StateMark } from "../../parts/StateMark";

const KINDS: readonly LineKind[] = ["fxo", "e1", "sip-trunk", "fxs", "sip-phone"];

/** From more lines of one kind than this on, each gets less room. */
const MANY = 16;

function wrong(line: LiveLine): boolean {
  // A phone that is switched off is ordinary; a line to the outside that is gone is not.
  if (line.state === "alarm") return true;
  return line.state === "unreachable" && line.kind !== "sip-phone";
}

/** A line, and what its span's watch says is wrong with it, in the reader's language. */
interface WatchedLine extends LiveLine {
  trouble?: string;
}

function watched(
  lines: readonly LiveLine[],
  spans: readonly LiveSpan[],
  language: string,
): readonly WatchedLine[] {
  return lines.map((line) => {
    const status = line.kind === "e1" && spans.find((span) => span.name === line.name)?.status;
    if (!status) return line;
    return { ...line, trouble: language === "zh-CN" ? status.trouble_zh : status.trouble };
  });
}

export function Lines(props: { lines: readonly LiveLine[]; spans: readonly LiveSpan[] }) {
  const { t, i18n } = useTranslation();
  const lines = watched(props.lines, props.spans, i18n.language);
  const busy = lines.filter((line) => line.state === "busy" || line.state === "ringing").length;
  const bad = lines.filter(wrong).length;
  const aside = lines.length > 0 && (
    <span className="quiet">
      {t("overview.linesInUse", { busy, total: lines.length })}
      {bad > 0 && <b className="bad-count">{t("overview.linesWrong", { count: bad })}</b>}
    </span>
  );
  return (
    <Panel title={t("overview.lines")} aside={aside} className="lines">
      {lines.length === 0 && (
        <Empty title={t("overview.noLines")}>
          <a href="#/settings">{t("overview.noLinesHint")}</a>
        </Empty>
      )}
      {lines.length > 0 && (
        <div className="line-groups">
          {KINDS.map((kind) => (
            <LineGroup key={kind} kind={kind} lines={lines.filter((line) => line.kind === kind)} />
          ))}
        </div>
      )}
    </Panel>
  );
}

function LineGroup({ kind, lines }: { kind: LineKind; lines: readonly WatchedLine[] }) {
  const { t } = useTranslation();
  if (lines.length === 0) return null;
  return (
    <div className="line-group">
      <h3>{t(`lineKind.${kind}`)}</h3>
      <ul className={lines.length > MANY ? "line-grid many" : "line-grid"}>
        {lines.map((line) => (
          <Line key={line.name} line={line} />
        ))}
      </ul>
    </div>
  );
}

function Line({ line }: { line: WatchedLine }) {
  const { t } = useTranslation();
  const note =
    line.trouble ||
    (line.alarm && t(`lineAlarm.${line.alarm}`)) ||
    (line.refused && t("lineRefused", { status: line.refused }));
  return (
    <li
      className={`line state-${line.state}${wrong(line) ? " wrong" : ""}`}
      title={note || undefined}
      data-line={line.name}
      data-state={line.state}
    >
      <span className="line-name">{line.name}</span>
      <StateMark tone={`line-${line.state}`} word={t(`lineState.${line.state}`)} />
      {line.calls > 1 && (
        <span className="line-calls quiet">{t("lineCalls", { count: line.calls })}</span>
      )}
      {note && <span className="line-note">{note}</span>}
    </li>
  );
}
