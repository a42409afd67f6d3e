/** Calling out, and taking calls that ring or wait elsewhere. */
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { phone, useCommand } from "../../app/commands";
import { Field } from "../../parts/Field";
import { Panel } from "../../parts/Panel";

export function DialPanel({ extension }: { extension: string }) {
  const { t } = useTranslation();
  const [to, setTo] = useState("");
  const send = useCommand();
  const target = to.trim();
  const dial = (event: FormEvent): void => {
    event.preventDefault();
    send.mutate(phone.dial(extension, target));
  };
  return (
    <Panel title={t("desk.phone")} className="dial">
      <form className="pad" onSubmit={dial}>
        <Field
          label={t("desk.dialTarget")}
          value={to}
          maxLength={40}
          inputMode="tel"
          onChange={(event) => setTo(event.target.value)}
        />
        <div className="button-row">
          <button type="submit" className="button primary" disabled={target === "" || send.isPending}>
            {t("desk.dial")}
          </button>
          <button
            type="button"
            className="button"
            disabled={send.isPending}
            onClick={() => send.mutate(phone.pickUp(extension, target === "" ? null : target))}
          >
            {t("desk.pickUp")}
          </button>
          <button
            type="button"
            className="button"
            disabled={target === "" || send.isPending}
            onClick={() => send.mutate(phone.unpark(extension, target))}
          >
            {t("desk.unpark")}
          </button>
        </div>
      </form>
    </Panel>
  );
}
