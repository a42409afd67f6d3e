/** The keys by which other software asks. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "../../app/api";
import { dateTime } from "../../app/format";
import { Field } from "../../parts/Field";
import { Panel } from "../../parts/Panel";
import { Problem } from "../../parts/Problem";
import { RoleFields, type RoleChoice } from "./RoleFields";

const TOKENS_KEY = ["tokens"] as const;

export function Tokens() {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [choice, setChoice] = useState<RoleChoice>({ role: "supervisor", queues: [] });
  const list = useQuery({ queryKey: TOKENS_KEY, queryFn: () => unwrap(api.GET("/api/tokens")) });
  const again = () => client.invalidateQueries({ queryKey: TOKENS_KEY });
  const make = useMutation({
    mutationFn: () => unwrap(api.POST("/api/tokens", { body: { name, ...choice } })),
    onSuccess: again,
  });
  const remove = useMutation({
    mutationFn: (token: number) =>
      unwrap(api.DELETE("/api/tokens/{token}", { params: { path: { token } } })),
    onSettled: again,
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <Panel title={t("people.tokens")} count={list.data?.tokens.length}>
      <Problem error={list.error ?? remove.error ?? make.error} />
      <div className="table-wrap">
        <table className="plain-table">
          <tbody>
            {list.data?.tokens.map((token) => (
              <tr key={token.token}>
                <td>
                  <strong>{token.name}</strong>
                </td>
                <td>{t(`role.${token.role}`)}</td>
                <td className="quiet">
                  {token.used_ms == null
                    ? t("people.neverUsed")
                    : t("people.lastUsed", { time: dateTime(token.used_ms, i18n.language) })}
                </td>
                <td>
                  <button
                    type="button"
                    className="button small"
                    disabled={remove.isPending}
                    onClick={() => remove.mutate(token.token)}
                  >
                    {t("people.revoke")}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {make.data && (
        <p className="shown-once" role="status">
          {t("people.keyOnce")} <code>{make.data.key}</code>
        </p>
      )}
      <form className="inline-form" onSubmit={submit}>
        <Field
          label={t("people.tokenName")}
          value={name}
          required
          maxLength={64}
          onChange={(event) => setName(event.target.value)}
        />
        <RoleFields value={choice} onChange={setChoice} />
        <button type="submit" className="button primary" disabled={make.isPending}>
          {t("people.makeToken")}
        </button>
      </form>
    </Panel>
  );
}
