/** The call in a few words. */
import { useTranslation } from "react-i18next";
import { dateTime, duration } from "../../app/format";
import type { LiveAgent } from "../../live/model";
import { handlerName } from "../../live/names";
import { StateMark } from "../../parts/StateMark";
import type { CallDetail } from "./CallPage";
import { causeText } from "./words";

export function Summary(props: {
  call: CallDetail;
  agents: readonly LiveAgent[];
  now: number;
}) {
  const { t, i18n } = useTranslation();
  const { call, now } = props;
  const facts: [string, string | null | undefined][] = [
    [t("call.called"), call.called],
    [t("call.source"), call.source],
    [t("call.began"), dateTime(call.began_ms, i18n.language)],
    [t("call.duration"), duration((call.ended_ms ?? now) - call.began_ms)],
    [t("call.handledBy"), call.agent && handlerName(props.agents, call.agent)],
    [t("call.answer"), call.answer_certainty && t(`answerCertainty.${call.answer_certainty}`)],
    [t("call.endedBy"), call.ended_by && t(`party.${call.ended_by}`)],
    [t("call.cause"), call.cause && causeText(t, call.cause)],
  ];
  return (
    <section className="panel summary" aria-label={t("call.summary")}>
      <dl>
        <div>
          <dt>{t("call.outcome")}</dt>
          <dd>
            {call.disposition ? (
              <StateMark
                tone={`out-${call.disposition}`}
                word={t(`disposition.${call.disposition}`)}
              />
            ) : (
              <StateMark tone="talking" word={t("call.stillOn")} />
            )}
          </dd>
        </div>
        {facts.map(([name, text]) =>
          text ? (
            <div key={name}>
              <dt>{name}</dt>
              <dd className="figure">{text}</dd>
            </div>
          ) : null,
        )}
      </dl>
    </section>
  );
}
