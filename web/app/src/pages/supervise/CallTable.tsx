/** The calls of the own queues, and stepping into them. */
import { useTranslation } from "react-i18next";
import { number } from "../../app/format";
import { handlerName } from "../../live/names";
import type { LiveAgent, LiveCall } from "../../live/model";
import { Empty } from "../../parts/Empty";
import { Panel } from "../../parts/Panel";
import { Ticking } from "../../parts/Ticking";
import { StepIn } from "./StepIn";

export function CallTable(props: {
  calls: readonly LiveCall[];
  agents: readonly LiveAgent[];
  phone: string | null;
}) {
  const { t } = useTranslation();
  return (
    <Panel title={t("overview.calls")} count={props.calls.length}>
      {props.calls.length === 0 && <Empty title={t("overview.noCalls")} />}
      <div className="table-wrap">
        <table className="plain-table">
          <tbody>
            {props.calls.map((call) => {
              const now = call.segments.at(-1);
              return (
                <tr key={call.call} data-call={call.call}>
                  <td>
                    <strong className="figure">
                      {call.caller ? number(call.caller) : t("common.unknownCaller")}
                    </strong>{" "}
                    <span className="quiet">{call.caller_name}</span>
                  </td>
                  <td>
                    {now && (
                      <>
                        {t(`segment.${now.kind}`)} {handlerName(props.agents, now.handler)}
                      </>
                    )}
                    {call.monitors.map((monitor) => (
                      <div key={monitor.extension} className="quiet">
                        {t(`supervise.${monitor.mode}`)} · {monitor.by}
                      </div>
                    ))}
                  </td>
                  <td>
                    <Ticking since={now?.began_ms ?? call.began_ms} />
                  </td>
                  <td>
                    <StepIn call={call} phone={props.phone} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
