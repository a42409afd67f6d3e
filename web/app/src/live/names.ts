/** People and phones by the names a supervisor knows them by. */
import type { LiveAgent } from "./model";

/** An agent's work number and name, by id. */
export function agentName(agents: readonly LiveAgent[], id: number): string {
  const agent = agents.find((one) => one.agent === id);
  return agent ? `${agent.work_number} ${agent.name}`.trim() : `#${id}`;
}

/** A segment's handler, with the name added where it is an agent's work number or extension. */
export function handlerName(agents: readonly LiveAgent[], handler: string): string {
  const agent =
    agents.find((one) => one.work_number === handler) ??
    agents.find((one) => one.extension === handler);
  return agent?.name ? `${handler} ${agent.name}` : handler;
}
