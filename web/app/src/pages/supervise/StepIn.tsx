/** The buttons by which a supervisor steps into a call; each says whose leg ends. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { call as ask, useCommand, type Send } from "../../app/commands";
import type { LiveCall } from "../../live/model";
import { Confirm } from "./Confirm";

type Asked = "take-over" | "release";

export function StepIn({ call, phone }: { call: LiveCall; phone: string | null }) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState<Asked>();
  const send = useCommand();
  const kind = call.segments.at(-1)?.kind;
  const talks = kind !== undefined && ["talk", "hold", "consult", "conference"].includes(kind);
  const rings = kind === "ring" || kind === "queue";
  const mode = call.monitors.find((monitor) => monitor.extension === phone)?.mode;
  const quiet = (text: string, hint: string, command: Send, pressed: boolean) => (
    <button
      type="button"
      className="button small"
      title={hint}
      aria-pressed={pressed}
      disabled={phone === null || !talks || send.isPending}
      onClick={() => send.mutate(command)}
    >
      {text}
    </button>
  );
  return (
    <span className="button-row">
      {(["listen", "whisper", "barge"] as const).map((way) => (
        <span key={way}>
          {quiet(
            t(`supervise.${way}`),
            t(`supervise.${way}Hint`),
            ask.monitor(call.call, way),
            mode === way,
          )}
        </span>
      ))}
      <button
        type="button"
        className="button small"
        title={t("supervise.takeOverHint")}
        disabled={phone === null || !(talks || rings)}
        onClick={() => setAsked("take-over")}
      >
        {t("supervise.takeOver")}
      </button>
      <button
        type="button"
        className="button small danger"
        title={t("supervise.releaseHint")}
        onClick={() => setAsked("release")}
      >
        {t("supervise.release")}
      </button>
      {asked && (
        <Confirm
          title={t(asked === "release" ? "supervise.releaseTitle" : "supervise.takeOverTitle", {
            call: call.call,
          })}
          lead={t(asked === "release" ? "supervise.releaseHint" : "supervise.takeOverHint")}
          submit={t(asked === "release" ? "supervise.release" : "supervise.takeOver")}
          command={() => (asked === "release" ? ask.hangUp(call.call) : ask.takeOver(call.call))}
          onClose={() => setAsked(undefined)}
        />
      )}
    </span>
  );
}
