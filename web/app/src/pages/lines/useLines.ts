/** The exchange lines as a technician sees them, and what can be done on one. */
import type { Schema } from "@tipring/client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "../../app/api";

/** An exchange line with its state, its last test and its last learning. */
export type LineNow = Schema<"LineNow">;

/** What a technician does on a line. */
export type Act = "test" | "learn" | "cancel";

const LINES_KEY = ["lines"] as const;
/** How often the box is asked while something is being done on a line, and while nothing is, in ms. */
const AT_WORK_MS = 1000;
const IDLE_MS = 5000;

export function useLines() {
  return useQuery({
    queryKey: LINES_KEY,
    queryFn: () => unwrap(api.GET("/api/lines")),
    refetchInterval: ({ state }) =>
      state.data?.some((line) => line.working) ? AT_WORK_MS : IDLE_MS,
  });
}

export function useBoard() {
  return useQuery({ queryKey: ["board"], queryFn: () => unwrap(api.GET("/api/board")) });
}

export function useAct(line: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (act: Act) => {
      const asked = { params: { path: { line } } };
      if (act === "test") await unwrap(api.POST("/api/lines/{line}/test", asked));
      else if (act === "learn") await unwrap(api.POST("/api/lines/{line}/learn", asked));
      else await unwrap(api.POST("/api/lines/{line}/cancel", asked));
    },
    onSettled: () => client.invalidateQueries({ queryKey: LINES_KEY }),
  });
}
