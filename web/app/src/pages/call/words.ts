/** Codes of the call-event log in words. */
import type { Schema } from "@tipring/client";
import type { TFunction } from "i18next";
import { duration } from "../../app/format";
import { agentName, handlerName } from "../../live/names";
import type { LiveAgent } from "../../live/model";
import { zhCN } from "../../i18n/zh-CN";

type LoggedEvent = Schema<"LoggedEvent">;
type CauseWord = keyof typeof zhCN.cause;

/** Why a call ended; a cause this page does not know yet is shown as it came. */
export function causeText(t: TFunction, cause: string): string {
  return cause in zhCN.cause ? t(`cause.${cause as CauseWord}`) : cause;
}

/** One event as a sentence. */
export function eventText(t: TFunction, event: LoggedEvent, agents: readonly LiveAgent[]): string {
  switch (event.event) {
    case "call-began":
      return t("event.call-began", { source: event.source });
    case "caller-known":
      return t("event.caller-known", { caller: event.caller ?? t("common.unknownCaller") });
    case "call-answered":
      return t("event.call-answered");
    case "segment-began":
      return t("event.segment-began", {
        segment: t(`segment.${event.kind}`),
        handler: handlerName(agents, event.handler),
      });
    case "segment-ended":
      return t("event.segment-ended", { index: event.segment });
    case "flow-node":
      return t("event.flow-node", { flow: event.flow, node: event.node });
    case "key-pressed":
      return t("event.key-pressed", { digit: event.digit });
    case "queue-entered":
      return t("event.queue-entered", { queue: event.queue_name, position: event.position });
    case "position-changed":
      return t("event.position-changed", { position: event.position });
    case "queue-left":
      return t("event.queue-left", {
        outcome: t(`queueOutcome.${event.outcome}`),
        wait: duration(event.wait_ms),
      });
    default:
      return agentEventText(t, event, agents);
  }
}

function agentEventText(t: TFunction, event: LoggedEvent, agents: readonly LiveAgent[]): string {
  switch (event.event) {
    case "offer-began":
      return t("event.offer-began", {
        agent: agentName(agents, event.agent),
        extension: event.extension,
      });
    case "offer-ended":
      return t("event.offer-ended", {
        agent: agentName(agents, event.agent),
        outcome: t(`offerOutcome.${event.outcome}`),
        rang: duration(event.rang_ms),
      });
    case "recording-began":
      return t("event.recording-began");
    case "recording-ended":
      return t("event.recording-ended", { duration: duration(event.duration_ms) });
    case "call-ended":
      return t("event.call-ended", {
        cause: causeText(t, event.cause),
        by: t(`party.${event.by}`),
      });
    case "agent-changed":
      return t("event.agent-changed", {
        agent: agentName(agents, event.agent),
        state: t(`agentState.${event.state}`),
      });
    case "agent-refused":
      return t("event.agent-refused", { agent: event.work_number, reason: event.reason });
    default:
      return event.event;
  }
}
