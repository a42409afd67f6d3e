/** Who is logged in, and logging in and out. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Schema } from "@tipring/client";
import { api, ApiError, unwrap } from "./api";

export const ME_KEY = ["me"] as const;

/** The account, or `null` if nobody is logged in. */
export function useMe() {
  return useQuery({ queryKey: ME_KEY, queryFn: fetchMe });
}

async function fetchMe(): Promise<Schema<"Me"> | null> {
  try {
    return await unwrap(api.GET("/api/me"));
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

/** Logs in by name and password. */
export function useLogIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { name: string; password: string }) =>
      unwrap(api.POST("/api/login", { body })),
    onSuccess: () => client.resetQueries({ queryKey: ME_KEY }),
  });
}

/** Logs an agent in at an extension. */
export function useAgentLogIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { work_number: string; password: string; extension: string }) =>
      unwrap(api.POST("/api/login/agent", { body })),
    onSuccess: () => client.resetQueries({ queryKey: ME_KEY }),
  });
}

/** Logs out; whatever the page knew of the box is forgotten. */
export function useLogOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.POST("/api/logout")),
    onSettled: () => {
      client.setQueryData(ME_KEY, null);
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== ME_KEY[0] });
    },
  });
}

/** Changes the password of whoever is logged in. */
export function useChangePassword() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { old: string; new: string }) =>
      unwrap(api.POST("/api/password", { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: ME_KEY }),
  });
}
