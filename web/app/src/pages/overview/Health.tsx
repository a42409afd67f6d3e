/** What is wrong with the box and what to do; nothing while all is well. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api } from "../../app/api";

/** How often the box is asked, in ms. */
const REFRESH_MS = 15_000;

export function Health() {
  const { t, i18n } = useTranslation();
  const chinese = i18n.language === "zh-CN";
  const { data: health } = useQuery({
    queryKey: ["health"],
    // A box on which no call can go on says so with status 503 and the same body.
    queryFn: async () => {
      const { data, error } = await api.GET("/healthz");
      return data ?? error ?? null;
    },
    refetchInterval: REFRESH_MS,
  });
  if (!health || health.notes.length === 0) return null;
  return (
    <section className={`health health-${health.status}`} aria-label={t("health.title")}>
      <h2>{t(health.status === "down" ? "health.down" : "health.title")}</h2>
      <ul>
        {health.notes.map((note) => (
          <li key={note.what}>
            <b>{chinese ? note.what_zh : note.what}</b>
            <span>{chinese ? note.advice_zh : note.advice}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
