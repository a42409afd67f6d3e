/** Brings the live state into the query cache, and keeps it there as events come. */
import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { createContext, use, useEffect, useState, type ReactNode } from "react";
import { api, unwrap } from "../app/api";
import { LiveFeed } from "./feed";
import type { LiveEvent, LiveState } from "./model";
import { openStream, type Link } from "./stream";

const LIVE_KEY = ["live"] as const;
/** Fresh snapshots are asked for at most this often, however many events ask for them, in ms. */
const FRESH_GAP_MS = 800;
/** Beyond what the stream tells, the state is asked for this often; it sets the clock too. */
const REFRESH_MS = 60_000;

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

/** How the page is connected to the box. */
export function useLink(): Link {
  return use(LinkContext);
}

/** Asks for fresh snapshots, but never two within the gap. */
function freshener(client: QueryClient): { ask(): void; stop(): void } {
  let timer: number | undefined;
  return {
    ask() {
      timer ??= window.setTimeout(() => {
        timer = undefined;
        void client.invalidateQueries({ queryKey: LIVE_KEY });
      }, FRESH_GAP_MS);
    },
    stop: () => window.clearTimeout(timer),
  };
}

/** Tells pages about past calls that one of them has changed. */
function callChanged(client: QueryClient, event: LiveEvent): void {
  if (!("call" in event) || event.call == null) return;
  if (event.event === "call-ended" || event.event === "recording-ended") {
    void client.invalidateQueries({ queryKey: ["calls"] });
    void client.invalidateQueries({ queryKey: ["today"] });
  }
  void client.invalidateQueries({ queryKey: ["call", event.call] });
}

/** Listens to the box for as long as it is shown. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [link, setLink] = useState<Link>("connecting");
  useEffect(() => {
    const fresh = freshener(client);
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
        if (feed.snapshot(snapshot) === "fresh-snapshot") fresh.ask();
        show();
      },
      event(event) {
        if (feed.event(event) === "fresh-snapshot") fresh.ask();
        show();
        callChanged(client, event);
      },
    });
    return () => {
      close();
      fresh.stop();
    };
  }, [client]);
  return <LinkContext value={link}>{children}</LinkContext>;
}
