/** One tile a queue: how many wait, for how long, and who is there to answer. */
import { useTranslation } from "react-i18next";
import { useBoxNow } from "../../app/clock";
import { duration } from "../../app/format";
import type { LiveQueue } from "../../live/model";
import { Empty } from "../../parts/Empty";

/** From these waits on, the longest wait is marked, in ms. */
const WAIT_LONG_MS = 30_000;
const WAIT_TOO_LONG_MS = 90_000;

export function QueueTiles({ queues }: { queues: readonly LiveQueue[] }) {
  const { t } = useTranslation();
  if (queues.length === 0) {
    return (
      <section className="panel" aria-label={t("overview.queues")}>
        <Empty title={t("overview.noQueues")}>
          <a href="#/settings">{t("overview.noQueuesHint")}</a>
        </Empty>
      </section>
    );
  }
  return (
    <section className="tiles" aria-label={t("overview.queues")}>
      {queues.map((queue) => (
        <QueueTile key={queue.queue} queue={queue} />
      ))}
    </section>
  );
}

function QueueTile({ queue }: { queue: LiveQueue }) {
  const { t } = useTranslation();
  const now = useBoxNow();
  const waits = queue.waiting.map((waiting) => now - waiting.since_ms);
  const longest = waits.length > 0 ? Math.max(...waits) : undefined;
  return (
    <article className={`tile wait-${howLong(longest)}`} data-queue={queue.queue}>
      <h2>{queue.name}</h2>
      <dl>
        <div>
          <dt>{t("overview.waiting")}</dt>
          <dd className="figure big" data-figure="waiting">
            {queue.waiting.length}
          </dd>
        </div>
        <div>
          <dt>{t("overview.longest")}</dt>
          <dd className="figure longest">{longest === undefined ? "–" : duration(longest)}</dd>
        </div>
        <div>
          <dt>{t("overview.readyOf")}</dt>
          <dd className="figure">
            <span className={queue.agents_ready > 0 ? "ready-some" : "ready-none"}>
              {queue.agents_ready}
            </span>
            <span className="of"> / {queue.agents_logged_in}</span>
          </dd>
        </div>
      </dl>
    </article>
  );
}

function howLong(longest: number | undefined): "none" | "short" | "long" | "too-long" {
  if (longest === undefined) return "none";
  if (longest >= WAIT_TOO_LONG_MS) return "too-long";
  return longest >= WAIT_LONG_MS ? "long" : "short";
}
