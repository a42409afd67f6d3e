/** What is asked about figures: the form's fields, and the query they make. */

/** Whom rows can be about. */
export const SUBJECTS = ["queue", "agent", "line", "all"] as const;
/** The steps a period can be taken apart into. */
export const STEPS = ["whole", "quarter", "hour", "hour-of-day", "day", "week", "month"] as const;
/** The ways to reckon a service level. */
export const SERVICE_LEVELS = [
  "of-offered",
  "of-answered",
  "abandoned-in-time-count",
  "of-answered-and-abandoned",
  "abandoned-in-time-left-out",
  "short-abandoned-count",
] as const;

/** A question as the form holds it; days as `yyyy-mm-dd`, both contained. */
export type Question = {
  from: string;
  to: string;
  by: (typeof SUBJECTS)[number];
  step: (typeof STEPS)[number];
  serviceLevel: (typeof SERVICE_LEVELS)[number];
  targetS: number;
};

/** The day of a time, in the reader's time zone, as a date field has it. */
export function dateField(ms: number): string {
  const at = new Date(ms);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

function midnight(date: string, days: number): number {
  const [year = 1970, month = 1, day = 1] = date.split("-").map(Number);
  return new Date(year, month - 1, day + days).getTime();
}

/** The query of a question; `null` where a day is missing or the period ends before it begins. */
export function figureQuery(question: Question) {
  const from = midnight(question.from, 0);
  const to = midnight(question.to, 1);
  if (!(to > from)) return null;
  return {
    from_ms: from,
    to_ms: to,
    by: question.by,
    step: question.step,
    service_level: question.serviceLevel,
    target_s: question.targetS,
  };
}

/** Where the box gives the same figures for a spreadsheet. */
export function spreadsheetUrl(question: Question, language: string): string | null {
  const query = figureQuery(question);
  if (query === null) return null;
  const parameters = new URLSearchParams({ lang: language === "en" ? "en" : "zh-CN" });
  for (const [name, value] of Object.entries(query)) parameters.set(name, String(value));
  return `/api/figures.csv?${parameters}`;
}
