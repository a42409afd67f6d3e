/** Where other software is told of events, and what it could not be told. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Schema } from "@tipring/client";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "../../app/api";
import { dateTime } from "../../app/format";
import { Field } from "../../parts/Field";
import { Panel } from "../../parts/Panel";
import { Problem } from "../../parts/Problem";
import { QueueChoice } from "./RoleFields";

type Webhook = Schema<"WebhookView">;
const HOOKS_KEY = ["webhooks"] as const;

export function Webhooks() {
  const { t } = useTranslation();
  const list = useQuery({ queryKey: HOOKS_KEY, queryFn: () => unwrap(api.GET("/api/webhooks")) });
  return (
    <Panel title={t("people.webhooks")} count={list.data?.webhooks.length}>
      <Problem error={list.error} />
      <div className="table-wrap">
        <table className="plain-table">
          <tbody>
            {list.data?.webhooks.map((hook) => (
              <Row key={hook.webhook} hook={hook} />
            ))}
          </tbody>
        </table>
      </div>
      <NewWebhook />
    </Panel>
  );
}

function Row({ hook }: { hook: Webhook }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const again = () => client.invalidateQueries({ queryKey: HOOKS_KEY });
  const params = { path: { webhook: hook.webhook } };
  const test = useMutation({
    mutationFn: () => unwrap(api.POST("/api/webhooks/{webhook}/test", { params })),
  });
  const toggle = useMutation({
    mutationFn: () => {
      const { name, url, events, queues, enabled } = hook;
      const body = { name, url, events, queues, enabled: !enabled };
      return unwrap(api.PUT("/api/webhooks/{webhook}", { params, body }));
    },
    onSettled: again,
  });
  const remove = useMutation({
    mutationFn: () => unwrap(api.DELETE("/api/webhooks/{webhook}", { params })),
    onSettled: again,
  });
  return (
    <tr data-webhook={hook.webhook}>
      <td>
        <strong>{hook.name}</strong>
        <div className="quiet">{hook.url}</div>
      </td>
      <td className="quiet">
        {hook.enabled ? t("people.behind", { count: hook.behind }) : t("people.off")}
        {hook.events.length > 0 && <div>{hook.events.join(", ")}</div>}
        {hook.dead > 0 && <Dead webhook={hook.webhook} count={hook.dead} />}
      </td>
      <td>
        <span className="button-row">
          <button
            type="button"
            className="button small"
            disabled={test.isPending}
            onClick={() => test.mutate()}
          >
            {t("people.test")}
          </button>
          <button type="button" className="button small" onClick={() => toggle.mutate()}>
            {hook.enabled ? t("people.switchOff") : t("people.switchOn")}
          </button>
          <button type="button" className="button small danger" onClick={() => remove.mutate()}>
            {t("people.remove")}
          </button>
        </span>
        {test.data && (
          <p className="quiet" role="status">
            {test.data.status == null
              ? test.data.error
              : t("people.answered", { status: test.data.status })}
          </p>
        )}
        <Problem error={test.error ?? toggle.error ?? remove.error} />
      </td>
    </tr>
  );
}

/** What could not be told, and sending it once more. */
function Dead({ webhook, count }: { webhook: number; count: number }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const key = ["dead", webhook];
  const list = useQuery({
    queryKey: key,
    queryFn: () =>
      unwrap(api.GET("/api/webhooks/{webhook}/dead", { params: { path: { webhook } } })),
  });
  const retry = useMutation({
    mutationFn: (event: number) =>
      unwrap(
        api.POST("/api/webhooks/{webhook}/dead/{event}/retry", {
          params: { path: { webhook, event } },
        }),
      ),
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: key });
      await client.invalidateQueries({ queryKey: HOOKS_KEY });
    },
  });
  return (
    <details>
      <summary>{t("people.dead", { count })}</summary>
      <ul>
        {list.data?.dead.map((letter) => (
          <li key={letter.event}>
            #{letter.event} · {dateTime(letter.at_ms, i18n.language)} · {letter.error}{" "}
            <button
              type="button"
              className="button small"
              disabled={retry.isPending}
              onClick={() => retry.mutate(letter.event)}
            >
              {t("people.sendAgain")}
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}

function NewWebhook() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [url, setUrl] = useState("");
  const [events, setEvents] = useState("");
  const [queues, setQueues] = useState<number[]>([]);
  const make = useMutation({
    mutationFn: () => {
      const words = events.split(/[\s,]+/).filter((word) => word !== "");
      const body = { name, url: url.trim(), events: words, queues, enabled: true };
      return unwrap(api.POST("/api/webhooks", { body }));
    },
    onSuccess: () => client.invalidateQueries({ queryKey: HOOKS_KEY }),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <>
      {make.data && (
        <p className="shown-once" role="status">
          {t("people.secretOnce")} <code>{make.data.secret}</code>
        </p>
      )}
      <form className="inline-form" onSubmit={submit}>
        <Field
          label={t("people.hookName")}
          value={name}
          required
          maxLength={64}
          onChange={(event) => setName(event.target.value)}
        />
        <Field
          label={t("people.address")}
          value={url}
          required
          maxLength={2000}
          type="url"
          placeholder="https://crm.example/tipring"
          onChange={(event) => setUrl(event.target.value)}
        />
        <Field
          label={t("people.events")}
          value={events}
          placeholder="call-began, offer-began"
          onChange={(event) => setEvents(event.target.value)}
        />
        <QueueChoice chosen={queues} onChange={setQueues} />
        <button type="submit" className="button primary" disabled={make.isPending}>
          {t("people.makeHook")}
        </button>
        <Problem error={make.error} />
      </form>
    </>
  );
}
