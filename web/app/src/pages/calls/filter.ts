/** The filter of past calls: kept in the address, turned into what the box is asked. */
import type { paths, Schema } from "@tipring/client";

/** What the form holds; empty means any. */
export interface CallFilter {
  number: string;
  agent: string;
  /** First day, `yyyy-mm-dd`. */
  from: string;
  /** Last day, `yyyy-mm-dd`. */
  to: string;
  outcome: string;
}

export const NO_FILTER: CallFilter = { number: "", agent: "", from: "", to: "", outcome: "" };

export const OUTCOMES: readonly Schema<"Disposition">[] = [
  "answered",
  "abandoned",
  "no-answer",
  "busy",
  "rejected",
  "vacant",
  "failed",
  "interrupted",
];

const FIELDS = Object.keys(NO_FILTER) as (keyof CallFilter)[];

/** What the box is asked for one page of calls. */
export type CallsQuery = NonNullable<paths["/api/calls"]["get"]["parameters"]["query"]>;

/** Reads a filter from an address; what is unknown is left out. */
export function readFilter(params: URLSearchParams): CallFilter {
  const filter = { ...NO_FILTER };
  for (const field of FIELDS) filter[field] = params.get(field)?.trim() ?? "";
  return filter;
}

/** Writes a filter as the address of its page. */
export function filterHash(filter: CallFilter): string {
  const params = new URLSearchParams();
  for (const field of FIELDS) {
    const text = filter[field].trim();
    if (text !== "") params.set(field, text);
  }
  const query = params.toString();
  return query === "" ? "#/calls" : `#/calls?${query}`;
}

/** Turns a filter into a query. Days are those of the reader, from midnight to midnight. */
export function callsQuery(filter: CallFilter): CallsQuery {
  const query: CallsQuery = {};
  // People paste numbers with the blanks and dashes they are written with.
  const number = filter.number.replace(/[\s-]/g, "");
  // A star stands for the beginning nobody remembers.
  if (/^\*.+/.test(number)) query.number_end = number.slice(1);
  else if (number !== "") query.number = number;
  if (filter.agent !== "") query.agent = filter.agent;
  const outcome = OUTCOMES.find((known) => known === filter.outcome);
  if (outcome) query.disposition = outcome;
  const from = midnight(filter.from, 0);
  if (from !== undefined) query.from_ms = from;
  const to = midnight(filter.to, 1);
  if (to !== undefined) query.to_ms = to;
  return query;
}

function midnight(day: string, later: number): number | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (!match) return undefined;
  const at = new Date(Number(match[1]), Number(match[2]) - 1, Number(match[3]) + later).getTime();
  return Number.isNaN(at) ? undefined : at;
}
