/** Short names for the live state's schemas. */
import type { Schema } from "@tipring/client";

export type LiveSnapshot = Schema<"LiveSnapshot">;
export type TodayMessage = Schema<"TodayMessage">;
export type TodayFigures = Schema<"TodayFigures">;
export type LiveState = Schema<"LiveState">;
export type LiveEvent = Schema<"LiveEvent">;
export type LiveLine = Schema<"LiveLine">;
export type LiveSpan = Schema<"LiveSpan">;
export type LiveCall = Schema<"LiveCall">;
export type LiveSegment = Schema<"LiveSegment">;
export type LiveQueue = Schema<"LiveQueue">;
export type LiveWaiting = Schema<"LiveWaiting">;
export type LiveAgent = Schema<"LiveAgent">;
export type SegmentKind = Schema<"SegmentKind">;
export type AgentState = Schema<"AgentState">;
export type LineKind = Schema<"LineKind">;
export type LineState = Schema<"LineState">;
