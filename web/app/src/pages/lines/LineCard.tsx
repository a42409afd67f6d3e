/** One exchange line: its state, what can be done on it, and what was found. */
import { useTranslation } from "react-i18next";
import { dateTime, number } from "../../app/format";
import { StateMark } from "../../parts/StateMark";
import { useNotes } from "../../parts/Toast";
import { Figures } from "./Figures";
import { toneText } from "./tone";
import { useAct, type Act, type LineNow } from "./useLines";

export function LineCard({ line }: { line: LineNow }) {
  const { t } = useTranslation();
  return (
    <section className="panel line-card" aria-label={line.line} data-technician-line={line.line}>
      <header className="line-card-head">
        <h2>{line.line}</h2>
        {line.number && (
          <span className="quiet">{t("lines.number", { number: number(line.number) })}</span>
        )}
        {line.state ? (
          <StateMark tone={`line-${line.state}`} word={t(`lineState.${line.state}`)} />
        ) : (
          <span className="quiet">{t("lines.unconfigured")}</span>
        )}
      </header>
      {line.alarm && <p className="line-card-note">{t(`lineAlarm.${line.alarm}`)}</p>}
      <Actions line={line} />
      <Tested line={line} />
      <Learnt line={line} />
    </section>
  );
}

function Actions({ line }: { line: LineNow }) {
  const { t } = useTranslation();
  const act = useAct(line.line);
  const notes = useNotes();
  const ask = (what: Act): void => act.mutate(what, { onError: notes.refused });
  const button = (what: Act, primary = false) => (
    <button
      type="button"
      className={primary ? "button primary" : "button"}
      disabled={act.isPending}
      onClick={() => ask(what)}
    >
      {t(`lines.${what}`)}
    </button>
  );
  if (line.working) {
    return (
      <div className="line-card-actions" role="status">
        <span className="at-work">
          {t(line.working.what === "test" ? "lines.testing" : "lines.learning")}
        </span>
        {button("cancel")}
      </div>
    );
  }
  return (
    <div className="line-card-actions">
      {button("test", true)}
      {button("learn")}
    </div>
  );
}

function Tested({ line }: { line: LineNow }) {
  const { t, i18n } = useTranslation();
  const tested = line.tested;
  if (!tested) return null;
  const chinese = i18n.language === "zh-CN";
  const tone = tested.good ? "good" : tested.usable ? "fair" : "bad";
  return (
    <div className="line-card-part">
      <p className={`verdict verdict-${tone}`} data-verdict={tone}>
        {chinese ? tested.verdict_zh : tested.verdict_en}
      </p>
      {tested.figures && <Figures figures={tested.figures} />}
      <p className="quiet">
        {t("lines.testedAt", { at: dateTime(tested.at_ms, i18n.language) })}
      </p>
    </div>
  );
}

function Learnt({ line }: { line: LineNow }) {
  const { t, i18n } = useTranslation();
  const { learnt, tones } = line;
  return (
    <>
      {learnt && (
        <div className="line-card-part" data-learnt={learnt.outcome}>
          {learnt.tone && <p className="figure">{toneText(t, learnt.tone)}</p>}
          <p>{t(`lines.outcome.${learnt.outcome}`, { problem: learnt.problem })}</p>
          <p className="quiet">
            {t("lines.learntAt", { at: dateTime(learnt.at_ms, i18n.language) })}
          </p>
        </div>
      )}
      {tones.length > 0 && (
        <div className="line-card-part">
          <p className="quiet">{t("lines.tones")}</p>
          <ul className="line-tones">
            {tones.map((tone) => (
              <li key={toneText(t, tone)} className="figure">
                {toneText(t, tone)}
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}
