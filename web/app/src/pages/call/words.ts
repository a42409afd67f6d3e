/** Codes of the call-event log in words. */
import type { Schema } from "@tipring/client";
import type { TFunction } from "i18next";
import { duration } from "../../app/format";
import { agentName, handlerName } from "../../live/names";
import type { LiveAgent } from "../../live/model";
import { zhCN } from "../../i18n/zh-CN";

type LoggedEvent = Schema<"LoggedEvent">;
type CauseWord = keyof typeof zhCN.cause;

/** Who and what an event may name by a number. */
export interface Names {
  agents: readonly LiveAgent[];
  /** Queues by id. */
  queues: ReadonlyMap<number, string>;
}

/** Why a call ended; a cause this page does not know yet is shown as it came. */
export function causeText(t: TFunction, cause: string): string {
  return cause in zhCN.cause ? t(`cause.${cause as CauseWord}`) : cause;
}

/** One event as a sentence; a kind this page does not know yet is shown as it came. */
export function eventText(t: TFunction, event: LoggedEvent, names: Names): string {
  if (!(event.event in zhCN.event)) return event.event;
  const fields = Object.entries(event).map(([name, value]) => [
    name,
    fieldText(t, name, value, names),
  ]);
  const values = { ...Object.fromEntries(fields), ...codes(t, event) };
  return t(`event.${event.event}`, values);
}

/** A field in words, by its name, which means the same in every event. */
function fieldText(t: TFunction, name: string, value: unknown, names: Names): string {
  if (name === "by" && (value === null || value === "")) return t("eventWord.box");
  if (value === null) return t("eventWord.nobody");
  if (typeof value === "boolean") return t(value ? "eventWord.yes" : "eventWord.no");
  if (typeof value === "number") {
    if (name.endsWith("_ms")) return duration(value);
    if (name === "agent") return agentName(names.agents, value);
    // Where a caller moves from and to are queues; elsewhere they are numbers, which are texts.
    const queue = ["queue", "from", "to"].includes(name);
    return queue ? (names.queues.get(value) ?? `#${value}`) : String(value);
  }
  if (name === "handler") return handlerName(names.agents, String(value));
  return name === "cause" ? causeText(t, String(value)) : String(value);
}

type Notice = Extract<LoggedEvent, { event: "party-notified" }>["notice"];

/** What a network said of a party. */
function noticeText(t: TFunction, notice: Notice): string {
  return typeof notice === "string"
    ? t(`eventWord.notice.${notice}`)
    : t("eventWord.notice.other", { code: notice.other });
}

/** The fields that are codes, in words. */
function codes(t: TFunction, event: LoggedEvent): Record<string, string> {
  switch (event.event) {
    case "segment-began":
      return { kind: t(`segment.${event.kind}`) };
    case "queue-left":
      return { outcome: t(`queueOutcome.${event.outcome}`) };
    case "offer-ended":
      return { outcome: t(`offerOutcome.${event.outcome}`) };
    case "callback-ended":
      return { outcome: t(`eventWord.callback.${event.outcome}`) };
    case "call-ended":
      return { by: t(`party.${event.by}`) };
    case "agent-changed": {
      const reason = event.reason === "" ? "" : ` (${event.reason})`;
      return { state: t(`agentState.${event.state}`), reason };
    }
    case "agent-forced":
      return { state: t(`agentState.${event.state}`) };
    case "recording-removed":
      return { because: t(`eventWord.removal.${event.because}`) };
    case "monitor-began":
    case "monitor-changed":
      return { mode: t(`eventWord.monitor.${event.mode}`) };
    case "call-redirected":
      return {
        // Who led it here may hide, which is not the box.
        by: event.by ?? t("eventWord.nobody"),
        reason: t(`eventWord.redirected.${event.reason}`),
      };
    case "party-notified":
      return { notice: noticeText(t, event.notice) };
    case "call-forwarded":
    case "forward-changed":
      return { when: t(`eventWord.forward.${event.when}`) };
    default:
      return {};
  }
}
