/** What a supervisor may ask of the box about an agent. */
import { useMutation } from "@tanstack/react-query";
import { api, unwrap } from "../../app/api";
import { useNotes } from "../../parts/Toast";

/** Makes an agent ready; ends wrap-up too. */
export function useAgentReady() {
  const notes = useNotes();
  return useMutation({
    mutationFn: (agent: number) =>
      unwrap(api.POST("/api/agents/{agent}/ready", { params: { path: { agent } } })),
    onError: notes.refused,
  });
}

/** Makes an agent not ready, for a reason. */
export function useAgentNotReady() {
  return useMutation({
    mutationFn: ({ agent, reason }: { agent: number; reason: string }) =>
      unwrap(
        api.POST("/api/agents/{agent}/not-ready", { params: { path: { agent } }, body: { reason } }),
      ),
  });
}

/** Logs an agent out. */
export function useAgentLogOut() {
  return useMutation({
    mutationFn: (agent: number) =>
      unwrap(api.POST("/api/agents/{agent}/logout", { params: { path: { agent } } })),
  });
}

/** Logs an agent in at an extension. */
export function useAgentLogIn() {
  return useMutation({
    mutationFn: (body: { work_number: string; password: string; extension: string }) =>
      unwrap(api.POST("/api/agents/login", { body })),
  });
}
