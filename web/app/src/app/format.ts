/** Durations, dates and numbers as people read them. */

/** A duration as `m:ss` or `h:mm:ss`; never negative. */
export function duration(ms: number): string {
  const all = Math.max(0, Math.floor(ms / 1000));
  const seconds = String(all % 60).padStart(2, "0");
  const minutes = Math.floor(all / 60) % 60;
  const hours = Math.floor(all / 3600);
  return hours > 0
    ? `${hours}:${String(minutes).padStart(2, "0")}:${seconds}`
    : `${minutes}:${seconds}`;
}

/** The time of day, to the second. */
export function timeOfDay(ms: number, language: string): string {
  return new Intl.DateTimeFormat(language, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }).format(ms);
}

/** Date and time of day, to the second. */
export function dateTime(ms: number, language: string): string {
  return `${day(ms, language)} ${timeOfDay(ms, language)}`;
}

/** A date with its weekday. */
export function day(ms: number, language: string): string {
  const chinese = language === "zh-CN";
  const weekday = new Intl.DateTimeFormat(language, { weekday: "short" }).format(ms);
  const date = new Intl.DateTimeFormat(language, {
    year: "numeric",
    month: chinese ? "long" : "short",
    day: "numeric",
  }).format(ms);
  return chinese ? `${date} ${weekday}` : `${weekday}, ${date}`;
}

/** A mainland mobile number in groups of 3, 4 and 4; any other as it is. */
export function number(raw: string): string {
  return /^1[3-9]\d{9}$/.test(raw)
    ? `${raw.slice(0, 3)} ${raw.slice(3, 7)} ${raw.slice(7)}`
    : raw;
}
