/** The phone at which a supervisor listens and takes over, chosen once. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "../../app/api";
import { phone, useCommand } from "../../app/commands";
import { ME_KEY } from "../../app/session";
import { Field } from "../../parts/Field";
import { Panel } from "../../parts/Panel";
import { Problem } from "../../parts/Problem";

export function OwnPhone({ extension }: { extension: string | null }) {
  const { t } = useTranslation();
  const [value, setValue] = useState(extension ?? "");
  const client = useQueryClient();
  const send = useCommand();
  const choose = useMutation({
    mutationFn: (chosen: string) =>
      unwrap(api.PUT("/api/me/extension", { body: { extension: chosen === "" ? null : chosen } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ME_KEY }),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    choose.mutate(value.trim());
  };
  return (
    <Panel title={t("supervise.ownPhone")} className="own-phone">
      <form className="inline-form" onSubmit={submit}>
        <Field
          label={t("common.extension")}
          value={value}
          maxLength={40}
          inputMode="numeric"
          hint={extension ? t("supervise.ownPhoneIs", { extension }) : t("supervise.ownPhoneHint")}
          onChange={(event) => setValue(event.target.value)}
        />
        <button type="submit" className="button primary" disabled={choose.isPending}>
          {t("supervise.choose")}
        </button>
        {extension && (
          <button
            type="button"
            className="button"
            disabled={send.isPending}
            onClick={() => send.mutate(phone.monitorStop(extension))}
          >
            {t("supervise.stop")}
          </button>
        )}
      </form>
      <Problem error={choose.error} />
    </Panel>
  );
}
