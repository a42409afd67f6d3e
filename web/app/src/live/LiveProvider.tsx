/** Brings the live state into the query cache, and keeps it there as events come. */
import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { createContext, use, useEffect, useState, type ReactNode } from "react";
import { api, unwrap } from "../app/api";
import { LiveFeed } from "./feed";
import type { LiveEvent, LiveSnapshot, LiveState, TodayMessage } from "./model";
import { openStream, type Link } from "./stream";

const LIVE_KEY = ["live"] as const;
/** The same thing is asked for anew at most this often; by then the box has written it, in ms. */
const REFRESH_GAP_MS = 1000;
/** Beyond what the stream tells, the state is asked for this often; it sets the clock too. */
const REFRESH_MS = 60_000;

const POPS_KEY = ["pops"] as const;
type Pop = LiveSnapshot["pops"][number];

const TODAY_KEY = ["today"] as const;

const LinkContext = createContext<Link>("connecting");
const feed = new LiveFeed();

async function fetchLive(): Promise<LiveState> {
  const snapshot = await unwrap(api.GET("/api/live"));
  feed.snapshot(snapshot);
  return feed.state ?? snapshot.state;
}

/** The live state, or nothing until the first one has come. */
export function useLive(): LiveState | undefined {
  return useQuery({ queryKey: LIVE_KEY, queryFn: fetchLive, refetchInterval: REFRESH_MS })
    .data;
}

/** The pages of other software that belong to the calls agents are offered or have. */
export function usePops(): readonly Pop[] {
  const queryFn = async (): Promise<Pop[]> => (await unwrap(api.GET("/api/live"))).pops;
  return useQuery({ queryKey: POPS_KEY, queryFn, staleTime: Infinity }).data ?? [];
}

/** The figures of the day so far, as the box tells them anew; nothing for whom they are not. */
export function useToday(): TodayMessage | undefined {
  const queryFn = async (): Promise<TodayMessage> => {
    const figures = unwrap(api.GET("/api/figures/today"));
    const [counts, told] = await Promise.allSettled([unwrap(api.GET("/api/today")), figures]);
    return { counts: settled(counts), figures: settled(told) };
  };
  return useQuery({ queryKey: TODAY_KEY, queryFn, staleTime: Infinity }).data;
}

/** What came; nothing where it was refused, since it is for other roles. */
function settled<T>(result: PromiseSettledResult<T>): T | null {
  return result.status === "fulfilled" ? result.value : null;
}

/** How the page is connected to the box. */
export function useLink(): Link {
  return use(LinkContext);
}

/** Asks anew for what has changed, though never twice within the gap for the same thing. */
class Refresher {
  readonly #timers = new Map<string, number>();

  constructor(private readonly client: QueryClient) {}

  ask(queryKey: readonly unknown[]): void {
    const name = JSON.stringify(queryKey);
    if (this.#timers.has(name)) return;
    const refresh = (): void => {
      this.#timers.delete(name);
      void this.client.invalidateQueries({ queryKey });
    };
    this.#timers.set(name, window.setTimeout(refresh, REFRESH_GAP_MS));
  }

  stop(): void {
    for (const timer of this.#timers.values()) window.clearTimeout(timer);
    this.#timers.clear();
  }
}

/** Events after which the list of past calls looks different. */
const LISTED: readonly LiveEvent["event"][] = ["call-began", "call-ended", "recording-ended"];

/** Tells the pages about past calls what an event changes for them. */
function refreshPast(refresher: Refresher, event: LiveEvent): void {
  if (LISTED.includes(event.event)) refresher.ask(["calls"]);
  if ("call" in event && event.call !== null) refresher.ask(["call", event.call]);
}

/** Listens to the box for as long as it is shown. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [link, setLink] = useState<Link>("connecting");
  useEffect(() => {
    const refresher = new Refresher(client);
    const show = (): void => {
      if (feed.state) client.setQueryData<LiveState>(LIVE_KEY, feed.state);
    };
    const close = openStream("/api/events", {
      link(now) {
        setLink(now);
        // A lost stream may mean a login which has expired: asking who we are tells.
        if (now === "lost") void client.invalidateQueries({ queryKey: ["me"] });
      },
      restarted: () => feed.restart(),
      snapshot(snapshot) {
        if (feed.snapshot(snapshot) === "fresh-snapshot") refresher.ask(LIVE_KEY);
        client.setQueryData<readonly Pop[]>(POPS_KEY, snapshot.pops);
        show();
      },
      today(today) {
        client.setQueryData<TodayMessage>(TODAY_KEY, today);
        // Tables of periods that have not ended hold today too.
        refresher.ask(["figures", "open"]);
      },
      event(event) {
        if (feed.event(event) === "fresh-snapshot") refresher.ask(LIVE_KEY);
        show();
        refreshPast(refresher, event);
      },
    });
    return () => {
      close();
      refresher.stop();
    };
  }, [client]);
  return <LinkContext value={link}>{children}</LinkContext>;
}
