/** Which pages each role has; the first is where it begins. What a role may do the box decides. */
import type { Schema } from "@tipring/client";

export type Role = Schema<"Role">;
export type Tab =
  | "overview"
  | "supervise"
  | "desk"
  | "calls"
  | "figures"
  | "lines"
  | "people"
  | "audit"
  | "settings";

const TABS: Record<Role, readonly Tab[]> = {
  administrator: [
    "overview",
    "supervise",
    "calls",
    "figures",
    "lines",
    "people",
    "audit",
    "settings",
  ],
  technician: ["overview", "lines", "settings"],
  supervisor: ["supervise", "calls", "figures", "settings"],
  agent: ["desk"],
  department: ["settings"],
  auditor: ["calls", "figures", "audit", "settings"],
};

export function tabsOf(role: Role): readonly Tab[] {
  return TABS[role];
}

/** Whether a role hears of what goes on. */
export function hears(role: Role): boolean {
  return role !== "department" && role !== "auditor";
}
