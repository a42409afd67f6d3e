/** The form that narrows past calls down. */
import { useId, useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { go } from "../../app/route";
import { Field } from "../../parts/Field";
import { filterHash, OUTCOMES, type CallFilter } from "./filter";

export function FilterForm(props: { filter: CallFilter; filtered: boolean }) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(props.filter);
  const outcome = useId();
  const more = useId();
  const [open, setOpen] = useState(props.filtered);
  const set = (field: keyof CallFilter) => (event: { target: { value: string } }) =>
    setDraft({ ...draft, [field]: event.target.value });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    go(filterHash(draft));
  };
  return (
    <form className="filter" role="search" onSubmit={submit}>
      <Field
        label={t("calls.number")}
        placeholder={t("calls.numberHint")}
        inputMode="tel"
        maxLength={40}
        value={draft.number}
        onChange={set("number")}
      />
      <button
        type="button"
        className="button filter-open"
        aria-expanded={open}
        aria-controls={more}
        onClick={() => setOpen(!open)}
      >
        {t("calls.moreFilters")}
      </button>
      <div id={more} className={open ? "filter-more open" : "filter-more"}>
        <Field
          label={t("calls.agent")}
          inputMode="numeric"
          maxLength={40}
          value={draft.agent}
          onChange={set("agent")}
        />
        <Field label={t("calls.from")} type="date" value={draft.from} onChange={set("from")} />
        <Field label={t("calls.to")} type="date" value={draft.to} onChange={set("to")} />
        <div className="field">
          <label htmlFor={outcome}>{t("calls.outcome")}</label>
          <select id={outcome} value={draft.outcome} onChange={set("outcome")}>
            <option value="">{t("calls.anyOutcome")}</option>
            {OUTCOMES.map((known) => (
              <option key={known} value={known}>
                {t(`disposition.${known}`)}
              </option>
            ))}
          </select>
        </div>
      </div>
      <div className="filter-actions">
        <button type="submit" className="button primary">
          {t("calls.apply")}
        </button>
        {props.filtered && (
          <a className="button" href="#/calls">
            {t("calls.clear")}
          </a>
        )}
      </div>
    </form>
  );
}
