/** The day so far, in one line of figures. */
import { useTranslation } from "react-i18next";
import { duration } from "../../app/format";
import { useToday } from "../../live/LiveProvider";

export function Today() {
  const { t } = useTranslation();
  const today = useToday()?.counts;
  if (!today) return null;
  const mean = today.visits_answered > 0 ? today.wait_answered_ms / today.visits_answered : 0;
  const figures: [string, string | number][] = [
    [t("today.inbound"), today.inbound],
    [t("today.visits"), today.visits],
    [t("today.answered"), today.visits_answered],
    [t("today.abandoned"), today.visits_abandoned],
    [t("today.meanWait"), duration(mean)],
    [t("today.maxWait"), duration(today.wait_max_ms)],
  ];
  return (
    <section className="today" aria-label={t("today.title")}>
      <h2>{t("today.title")}</h2>
      <dl>
        {figures.map(([name, figure]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="figure">{figure}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
