/** The box's event stream: opened again whenever it breaks, and told to a `LiveFeed`. */
import type { LiveEvent, LiveSnapshot, TodayMessage } from "./model";

/** How the page is connected to the box. */
export type Link = "connecting" | "live" | "lost";

/** Who hears the stream. */
export interface StreamListener {
  link(link: Link): void;
  /** The stream has been opened: what follows is counted from its first snapshot. */
  restarted(): void;
  snapshot(snapshot: LiveSnapshot): void;
  event(event: LiveEvent): void;
  /** The figures of the day so far are others. */
  today(today: TodayMessage): void;
}

/** How long to wait before trying again, doubling from the first to the last, in ms. */
const RETRY_MS_MIN = 1000;
const RETRY_MS_MAX = 15000;

/** Opens the stream; returns how to close it. */
export function openStream(url: string, listener: StreamListener): () => void {
  let source: EventSource | undefined;
  let timer: number | undefined;
  let retryMs = RETRY_MS_MIN;

  const lost = (): void => {
    // The browser gives up on some errors and hammers on after others: always do it ourselves.
    source?.close();
    listener.link("lost");
    window.clearTimeout(timer);
    timer = window.setTimeout(open, retryMs);
    retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
  };
  const open = (): void => {
    let first = true;
    source = new EventSource(url);
    source.addEventListener("snapshot", (message: MessageEvent<string>) => {
      if (first) listener.restarted();
      first = false;
      retryMs = RETRY_MS_MIN;
      listener.link("live");
      listener.snapshot(JSON.parse(message.data) as LiveSnapshot);
    });
    source.addEventListener("event", (message: MessageEvent<string>) => {
      listener.event(JSON.parse(message.data) as LiveEvent);
    });
    source.addEventListener("today", (message: MessageEvent<string>) => {
      listener.today(JSON.parse(message.data) as TodayMessage);
    });
    // A note says why the box ends the stream: too slow, or logged out.
    source.addEventListener("note", lost);
    source.addEventListener("error", lost);
  };

  listener.link("connecting");
  open();
  return () => {
    source?.close();
    window.clearTimeout(timer);
  };
}
