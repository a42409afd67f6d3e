/** Asks before something ends, and says what does. */
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { command, type Send } from "../../app/commands";
import { Dialog } from "../../parts/Dialog";
import { Field } from "../../parts/Field";
import { Problem } from "../../parts/Problem";

export function Confirm(props: {
  title: string;
  lead: string;
  submit: string;
  /** The label of a reason that the person concerned is told, if one is asked for. */
  reason?: string;
  command: (reason: string) => Send;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const [reason, setReason] = useState("");
  const send = useMutation({
    mutationFn: () => command(props.command(reason.trim())),
    onSuccess: props.onClose,
  });
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <p>{props.lead}</p>
      {props.reason !== undefined && (
        <Field
          label={props.reason}
          value={reason}
          maxLength={64}
          onChange={(event) => setReason(event.target.value)}
        />
      )}
      <Problem error={send.error} />
      <div className="dialog-actions">
        <button type="button" className="button" onClick={props.onClose} autoFocus>
          {t("common.cancel")}
        </button>
        <button
          type="button"
          className="button danger solid"
          disabled={send.isPending}
          onClick={() => send.mutate()}
        >
          {props.submit}
        </button>
      </div>
    </Dialog>
  );
}
