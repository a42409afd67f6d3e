import type { zhCN } from "./zh-CN";

/** Plural forms Chinese has no use for and other languages need. */
type Plurals = {
  lineCalls_one?: string;
  overview: { linesWrong_one?: string };
  call: { eventCount_one?: string };
  desk: { callersWait_one?: string };
};

/** The shape of all texts: a language lacks none of them. */
export type Texts = typeof zhCN & Plurals;
