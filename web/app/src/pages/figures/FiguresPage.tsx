/** Figures of any period, by queue, agent, line or all together. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "../../app/api";
import { useBoxNow } from "../../app/clock";
import { Empty } from "../../parts/Empty";
import { Field } from "../../parts/Field";
import { Problem } from "../../parts/Problem";
import { FigureTable } from "./FigureTable";
import "./figures.css";
import {
  dateField,
  figureQuery,
  SERVICE_LEVELS,
  spreadsheetUrl,
  STEPS,
  SUBJECTS,
  type Question,
} from "./question";

/** Figures of a period; those of one that has not ended are asked for again when the box says that
 * the day's have changed. */
function useFigures(question: Question, now: number) {
  const query = figureQuery(question);
  const open = query !== null && query.to_ms > now;
  return useQuery({
    queryKey: ["figures", open ? "open" : "closed", query],
    queryFn: () => (query ? unwrap(api.GET("/api/figures", { params: { query } })) : null),
    placeholderData: keepPreviousData,
  });
}

export function FiguresPage() {
  const { t, i18n } = useTranslation();
  const now = useBoxNow();
  const today = dateField(now);
  const [question, setQuestion] = useState<Question>({
    from: today,
    to: today,
    by: "queue",
    step: "whole",
    serviceLevel: "of-offered",
    targetS: 20,
  });
  const figures = useFigures(question, now);
  const sheet = spreadsheetUrl(question, i18n.language);
  const table = figures.data;
  return (
    <div className="figures-page">
      <h1 className="page-title">{t("figures.title")}</h1>
      <QuestionForm question={question} onChange={setQuestion} />
      <Problem error={figures.error} retry={() => void figures.refetch()} />
      {sheet === null && <p className="quiet">{t("figures.noPeriod")}</p>}
      {table && (
        <section className="panel">
          <p className="figures-formula">
            {t("figures.columns.serviceLevel")} = <b className="figure">{table.formula}</b>,{" "}
            {t("figures.target", { seconds: table.target_s })} <span className="quiet">{t("figures.letters")}</span>
          </p>
          {table.rows.length === 0 ? (
            <Empty title={t("figures.empty")} />
          ) : (
            <FigureTable table={table} />
          )}
          {!table.resolution_final && (
            <p className="quiet figures-note">{t("figures.notFinal", { days: table.days })}</p>
          )}
        </section>
      )}
      {sheet !== null && (
        <a className="button" href={sheet} download>
          {t("figures.download")}
        </a>
      )}
    </div>
  );
}

function QuestionForm(props: { question: Question; onChange: (question: Question) => void }) {
  const { t } = useTranslation();
  const { question, onChange } = props;
  return (
    <form className="filter" onSubmit={(event) => event.preventDefault()}>
      <Field
        label={t("figures.from")}
        type="date"
        value={question.from}
        onChange={(event) => onChange({ ...question, from: event.target.value })}
      />
      <Field
        label={t("figures.to")}
        type="date"
        value={question.to}
        onChange={(event) => onChange({ ...question, to: event.target.value })}
      />
      <Choice
        label={t("figures.by")}
        value={question.by}
        options={SUBJECTS}
        word={(by) => t(`figures.subjects.${by}`)}
        onChange={(by) => onChange({ ...question, by })}
      />
      <Choice
        label={t("figures.step")}
        value={question.step}
        options={STEPS}
        word={(step) => t(`figures.steps.${step}`)}
        onChange={(step) => onChange({ ...question, step })}
      />
      <Choice
        label={t("figures.columns.serviceLevel")}
        value={question.serviceLevel}
        options={SERVICE_LEVELS}
        word={(level) => t(`figures.levels.${level}`)}
        onChange={(serviceLevel) => onChange({ ...question, serviceLevel })}
      />
      <Choice
        label={t("figures.targetLabel")}
        value={String(question.targetS)}
        options={["10", "15", "20", "30", "60"]}
        word={(seconds) => `${seconds} s`}
        onChange={(seconds) => onChange({ ...question, targetS: Number(seconds) })}
      />
    </form>
  );
}

function Choice<T extends string>(props: {
  label: string;
  value: T;
  options: readonly T[];
  word: (option: T) => string;
  onChange: (option: T) => void;
}) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{props.label}</label>
      <select
        id={id}
        value={props.value}
        onChange={(event) => {
          const chosen = props.options.find((option) => option === event.target.value);
          if (chosen !== undefined) props.onChange(chosen);
        }}
      >
        {props.options.map((option) => (
          <option key={option} value={option}>
            {props.word(option)}
          </option>
        ))}
      </select>
    </div>
  );
}
