/** The page's one client of the box, its errors in a form the page can word, and the box's clock. */
import { openClient, type Schema } from "@tipring/client";
import { BoxClock } from "../live/boxClock";

/** The box's clock, learnt from every answer. */
export const boxClock = new BoxClock();

/** The client every page uses. */
export const api = openClient();

const sentMs = new Map<string, number>();

api.use({
  onRequest({ id }) {
    sentMs.set(id, Date.now());
  },
  onResponse({ id, response }) {
    const sent = sentMs.get(id);
    sentMs.delete(id);
    if (sent !== undefined) boxClock.learn(response.headers.get("date"), sent, Date.now());
  },
  onError({ id }) {
    sentMs.delete(id);
  },
});

/** What the box answered instead of what was asked for (RFC 9457), or that it did not answer. */
export class ApiError extends Error {
  constructor(
    /** The HTTP status; 0 if there was no answer. */
    readonly status: number,
    /** The problem as the box described it. */
    readonly problem: Partial<Schema<"Problem">>,
  ) {
    super(problem.detail ?? problem.title ?? `HTTP ${status}`);
  }
}

type Answer<Data> = { data?: Data; error?: unknown; response: Response };

/** Gives an answer's data, or throws an `ApiError`. */
export async function unwrap<Data>(answer: Promise<Answer<Data>>): Promise<Data> {
  let got: Answer<Data>;
  try {
    got = await answer;
  } catch {
    throw new ApiError(0, {});
  }
  if (!got.response.ok) throw new ApiError(got.response.status, asProblem(got.error));
  return got.data as Data;
}

function asProblem(error: unknown): ApiError["problem"] {
  if (typeof error === "object" && error !== null) return error;
  return typeof error === "string" && error !== "" ? { detail: error } : {};
}
