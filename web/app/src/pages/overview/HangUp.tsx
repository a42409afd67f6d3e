/** Asks before ending a call, and says whose legs end. */
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "../../app/api";
import { number } from "../../app/format";
import type { LiveAgent, LiveCall, SegmentKind } from "../../live/model";
import { Dialog } from "../../parts/Dialog";
import { Problem } from "../../parts/Problem";
import { handlerName } from "../../live/names";

/** Which legs a call has in a segment: the caller's, and maybe a phone's that talks or rings. */
const LEGS: Record<SegmentKind, { caller: boolean; other?: "talks" | "rings" }> = {
  ivr: { caller: true },
  queue: { caller: true },
  ring: { caller: true, other: "rings" },
  talk: { caller: true, other: "talks" },
  hold: { caller: true, other: "talks" },
  consult: { caller: true, other: "talks" },
  conference: { caller: true, other: "talks" },
  park: { caller: true },
  "wrap-up": { caller: false },
};

export function HangUp(props: {
  id: number;
  /** The call, or nothing once it has ended. */
  call: LiveCall | undefined;
  agents: readonly LiveAgent[];
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const { id, call, agents, onClose } = props;
  const hangUp = useMutation({
    mutationFn: () =>
      unwrap(api.POST("/api/calls/{call}/hangup", { params: { path: { call: id } } })),
    onSuccess: onClose,
  });
  return (
    <Dialog title={t("callCard.hangUpTitle", { call: id })} onClose={onClose}>
      {call ? <Ends call={call} agents={agents} /> : <p>{t("callCard.gone")}</p>}
      <Problem error={hangUp.error} />
      <div className="dialog-actions">
        <button type="button" className="button" onClick={onClose} autoFocus>
          {call ? t("common.cancel") : t("common.close")}
        </button>
        {call && (
          <button
            type="button"
            className="button danger solid"
            disabled={hangUp.isPending}
            onClick={() => hangUp.mutate()}
          >
            {t("callCard.confirm")}
          </button>
        )}
      </div>
    </Dialog>
  );
}

function Ends({ call, agents }: { call: LiveCall; agents: readonly LiveAgent[] }) {
  const { t } = useTranslation();
  const current = call.segments.at(-1);
  const legs = current ? LEGS[current.kind] : { caller: true };
  if (!legs.caller) return <p>{t("callCard.endsNobody")}</p>;
  const caller = call.caller ? number(call.caller) : t("common.unknownCaller");
  const handler = current ? handlerName(agents, current.handler) : "";
  return (
    <>
      <p>{t("callCard.ends")}</p>
      <ul className="ends">
        <li>{t("callCard.endsCaller", { caller, source: call.source })}</li>
        {legs.other === "talks" && <li>{t("callCard.endsOther", { handler })}</li>}
        {legs.other === "rings" && <li>{t("callCard.endsRing", { handler })}</li>}
      </ul>
    </>
  );
}
