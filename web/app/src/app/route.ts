/**
 * Where the reader is, kept in the address after `#`, so that any page can be linked to and the
 * box serves one document for all of them.
 */
import { useSyncExternalStore } from "react";

export type Route =
  | { page: "overview" }
  | { page: "calls"; filter: URLSearchParams }
  | { page: "call"; call: number }
  | { page: "settings" }
  | { page: "supervise" | "desk" | "figures" | "lines" | "people" | "audit" }
  | { page: "missing" };

/** Reads the part of an address after `#`. */
export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?", 2);
  const [page = "", id, more] = path.split("/").filter((part) => part !== "");
  if (more !== undefined) return { page: "missing" };
  if (page === "") return { page: "overview" };
  if (id === undefined && isPlain(page)) return { page };
  if (page === "calls" && id === undefined) {
    return { page: "calls", filter: new URLSearchParams(query) };
  }
  if (page === "calls" && id !== undefined && /^\d{1,15}$/.test(id)) {
    return { page: "call", call: Number(id) };
  }
  return { page: "missing" };
}

const PLAIN = ["lines", "settings", "supervise", "desk", "figures", "people", "audit"] as const;

function isPlain(page: string): page is (typeof PLAIN)[number] {
  return (PLAIN as readonly string[]).includes(page);
}

/** Goes to another page. */
export function go(hash: string): void {
  window.location.hash = hash;
}

function subscribe(changed: () => void): () => void {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
}

/** The part of the address after `#`, as it changes. */
export function useHash(): string {
  return useSyncExternalStore(subscribe, () => window.location.hash);
}
