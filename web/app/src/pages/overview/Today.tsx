/** The day so far, in one line of figures. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "../../app/api";
import { duration } from "../../app/format";

/** How often the figures are asked for beyond each ended call, in ms. */
const REFRESH_MS = 60_000;

export function Today() {
  const { t } = useTranslation();
  const { data: today } = useQuery({
    queryKey: ["today"],
    queryFn: () => unwrap(api.GET("/api/today")),
    refetchInterval: REFRESH_MS,
  });
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
