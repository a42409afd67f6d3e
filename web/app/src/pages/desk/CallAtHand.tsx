/** The call that is offered, talked in or settled: who it is, and what can be done with it. */
import { useState } from "react";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { call as ask, phone, useCommand, type Send } from "../../app/commands";
import { number } from "../../app/format";
import type { LiveAgent, LiveCall } from "../../live/model";
import { Empty } from "../../parts/Empty";
import { Field } from "../../parts/Field";
import { Panel } from "../../parts/Panel";
import { Ticking } from "../../parts/Ticking";

export function CallAtHand(props: {
  own: LiveAgent;
  call: LiveCall | undefined;
  extension: string;
  /** The page of other software that belongs to the call. */
  url: string | undefined;
}) {
  const { t } = useTranslation();
  const { own, call, url } = props;
  if (!call) {
    return (
      <Panel title={t("desk.call")} className="at-hand">
        <Empty title={t("desk.noCall")} />
      </Panel>
    );
  }
  const offered = own.state === "offered";
  return (
    <Panel title={t("desk.call")} className={offered ? "at-hand pop" : "at-hand"}>
      <div className="pad" data-call={call.call} aria-live={offered ? "assertive" : "off"}>
        {offered && <p className="pop-title">{t("desk.rings")}</p>}
        <p className="caller">
          <strong className="figure">
            {call.caller ? number(call.caller) : t("common.unknownCaller")}
          </strong>
          {call.caller_name && <span>{call.caller_name}</span>}
          <Ticking since={call.began_ms} className="quiet" />
        </p>
        <p className="quiet">
          {[
            call.called && t("callCard.called", { called: call.called }),
            call.redirection && ledHere(t, call.redirection),
            waitedIn(call),
          ]
            .filter(Boolean)
            .join(" · ")}
        </p>
        {url && (
          <p>
            <a className="button small" href={url} target="_blank" rel="noreferrer noopener">
              {t("desk.openCustomer")}
            </a>
          </p>
        )}
        {own.state === "talking" && (
          <CallButtons own={own} call={call} extension={props.extension} />
        )}
      </div>
    </Panel>
  );
}

/** From which number the call was led here, and why. */
function ledHere(t: TFunction, redirection: NonNullable<LiveCall["redirection"]>): string {
  const by = redirection.by ? number(redirection.by) : t("common.unknownCaller");
  return t("callCard.redirected", { by, reason: t(`eventWord.redirected.${redirection.reason}`) });
}

function waitedIn(call: LiveCall): string {
  return call.segments.filter((segment) => segment.kind === "queue").at(-1)?.handler ?? "";
}

function CallButtons(props: { own: LiveAgent; call: LiveCall; extension: string }) {
  const { t } = useTranslation();
  const { own, call, extension } = props;
  const [to, setTo] = useState("");
  const send = useCommand();
  const mine = call.parties.find((party) => party.agent === own.agent);
  const others = call.parties.filter((party) => party !== mine);
  const kind = call.segments.at(-1)?.kind;
  const held = kind === "hold" || others.some((party) => party.state === "held");
  const consulting = kind === "consult";
  const muted = mine?.state === "muted";
  const target = to.trim();
  const button = (text: string, command: Send, needsTarget = false, pressed?: boolean) => (
    <button
      type="button"
      className="button"
      aria-pressed={pressed}
      disabled={send.isPending || (needsTarget && target === "")}
      onClick={() => send.mutate(command)}
    >
      {text}
    </button>
  );
  return (
    <>
      <div className="button-row">
        {!consulting &&
          button(held ? t("desk.resume") : t("desk.hold"), phone.hold(extension, !held), false, held)}
        {button(muted ? t("desk.unmute") : t("desk.mute"), phone.mute(extension, !muted), false, muted)}
        {consulting && button(t("desk.swap"), phone.swap(extension))}
        {consulting && button(t("desk.join"), phone.join(extension))}
        {consulting && button(t("desk.cancelConsult"), phone.cancel(extension))}
        {consulting && button(t("desk.conference"), phone.conference(extension))}
        {!consulting && button(t("desk.park"), phone.park(extension))}
        {call.recording &&
          button(
            call.recording_paused ? t("desk.recordOn") : t("desk.recordPause"),
            ask.recording(call.call, call.recording_paused ? "resume" : "pause"),
            false,
            call.recording_paused,
          )}
        {button(t("desk.hangUp"), phone.hangUp(extension))}
      </div>
      <Field
        label={t("desk.target")}
        value={to}
        maxLength={40}
        inputMode="tel"
        onChange={(event) => setTo(event.target.value)}
      />
      <div className="button-row">
        {button(t("desk.transfer"), phone.transfer(extension, target), true)}
        {!consulting && button(t("desk.consult"), phone.consult(extension, target), true)}
        {button(t("desk.addParty"), phone.add(extension, target), true)}
        {button(t("desk.digits"), phone.digits(extension, target), true)}
      </div>
    </>
  );
}
