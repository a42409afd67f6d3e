/** What people ask of the switch: each command once, even when its answer is lost on the way. */
import { useMutation } from "@tanstack/react-query";
import { useNotes } from "../parts/Toast";
import { api, ApiError, unwrap } from "./api";

type Header = { "Idempotency-Key": string };
type Answer = Promise<{ data?: unknown; error?: unknown; response: Response }>;
/** Sends one command with the header that makes it safe to send again. */
export type Send = (header: Header) => Answer;

/** A key that no other command has. `crypto.randomUUID` is there over HTTPS only. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Sends a command, and once more where no answer came. */
export async function command(send: Send): Promise<void> {
  const header = { "Idempotency-Key": newKey() };
  try {
    await unwrap(send(header));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 0) throw error;
    await unwrap(send(header));
  }
}

/** Sends commands from buttons; what is refused is said in a note. */
export function useCommand() {
  const notes = useNotes();
  return useMutation({ mutationFn: command, onError: notes.refused });
}

/** What a phone can be asked. */
export const phone = {
  hangUp: (extension: string): Send => (header) =>
    api.POST("/api/phones/{extension}/hangup", { params: { path: { extension }, header } }),
  dial: (extension: string, to: string): Send => (header) =>
    api.POST("/api/phones/{extension}/dial", {
      params: { path: { extension }, header },
      body: { to, account: null },
    }),
  hold: (extension: string, held: boolean): Send => (header) =>
    api.POST("/api/phones/{extension}/hold", {
      params: { path: { extension }, header },
      body: { held },
    }),
  mute: (extension: string, muted: boolean): Send => (header) =>
    api.POST("/api/phones/{extension}/mute", {
      params: { path: { extension }, header },
      body: { muted },
    }),
  digits: (extension: string, digits: string): Send => (header) =>
    api.POST("/api/phones/{extension}/digits", {
      params: { path: { extension }, header },
      body: { digits },
    }),
  transfer: (extension: string, to: string): Send => (header) =>
    api.POST("/api/phones/{extension}/transfer", {
      params: { path: { extension }, header },
      body: { to },
    }),
  consult: (extension: string, to: string): Send => (header) =>
    api.POST("/api/phones/{extension}/consult", {
      params: { path: { extension }, header },
      body: { to },
    }),
  swap: (extension: string): Send => (header) =>
    api.POST("/api/phones/{extension}/consult-swap", { params: { path: { extension }, header } }),
  join: (extension: string): Send => (header) =>
    api.POST("/api/phones/{extension}/consult-transfer", {
      params: { path: { extension }, header },
    }),
  cancel: (extension: string): Send => (header) =>
    api.POST("/api/phones/{extension}/consult-cancel", {
      params: { path: { extension }, header },
    }),
  conference: (extension: string): Send => (header) =>
    api.POST("/api/phones/{extension}/conference", { params: { path: { extension }, header } }),
  add: (extension: string, to: string): Send => (header) =>
    api.POST("/api/phones/{extension}/conference-add", {
      params: { path: { extension }, header },
      body: { to },
    }),
  park: (extension: string): Send => (header) =>
    api.POST("/api/phones/{extension}/park", {
      params: { path: { extension }, header },
      body: { place: null },
    }),
  unpark: (extension: string, place: string): Send => (header) =>
    api.POST("/api/phones/{extension}/unpark", {
      params: { path: { extension }, header },
      body: { place },
    }),
  pickUp: (extension: string, from: string | null): Send => (header) =>
    api.POST("/api/phones/{extension}/pick-up", {
      params: { path: { extension }, header },
      body: { from },
    }),
  monitorStop: (extension: string): Send => (header) =>
    api.POST("/api/phones/{extension}/monitor-stop", { params: { path: { extension }, header } }),
};

/** What can be asked of an agent. */
export const agent = {
  ready: (agent: number): Send => (header) =>
    api.POST("/api/agents/{agent}/ready", { params: { path: { agent }, header } }),
  notReady: (agent: number, reason: string): Send => (header) =>
    api.POST("/api/agents/{agent}/not-ready", {
      params: { path: { agent }, header },
      body: { reason },
    }),
  wrapUp: (agent: number, extend_s: number | null): Send => (header) =>
    api.POST("/api/agents/{agent}/wrap-up", {
      params: { path: { agent }, header },
      body: { extend_s },
    }),
  leave: (agent: number, granted: boolean): Send => (header) =>
    api.POST("/api/agents/{agent}/leave", {
      params: { path: { agent }, header },
      body: { granted },
    }),
  forceNotReady: (agent: number, reason: string): Send => (header) =>
    api.POST("/api/agents/{agent}/force-not-ready", {
      params: { path: { agent }, header },
      body: { reason },
    }),
  forceLogOut: (agent: number, reason: string): Send => (header) =>
    api.POST("/api/agents/{agent}/force-logout", {
      params: { path: { agent }, header },
      body: { reason },
    }),
};

/** What can be asked of a call. */
export const call = {
  hangUp: (call: number): Send => (header) =>
    api.POST("/api/calls/{call}/hangup", { params: { path: { call }, header } }),
  recording: (call: number, order: "pause" | "resume"): Send => (header) =>
    api.POST("/api/calls/{call}/recording", {
      params: { path: { call }, header },
      body: { order },
    }),
  monitor: (call: number, mode: "listen" | "whisper" | "barge"): Send => (header) =>
    api.POST("/api/calls/{call}/monitor", {
      params: { path: { call }, header },
      body: { mode, extension: null },
    }),
  takeOver: (call: number): Send => (header) =>
    api.POST("/api/calls/{call}/take-over", {
      params: { path: { call }, header },
      body: { extension: null },
    }),
};
