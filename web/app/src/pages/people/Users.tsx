/** The users: making, blocking, taking away, and giving a new password. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Schema } from "@tipring/client";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "../../app/api";
import { Dialog } from "../../parts/Dialog";
import { Field } from "../../parts/Field";
import { Panel } from "../../parts/Panel";
import { Problem } from "../../parts/Problem";
import { RoleFields, useDesk, type RoleChoice } from "./RoleFields";

type User = Schema<"UserView">;
const USERS_KEY = ["users"] as const;

/** Changes a user as it was last seen: its state is read, and must not change on the way. */
async function change(name: string, fields: Partial<User> | null): Promise<void> {
  const path = { name };
  const seen = await api.GET("/api/users/{name}", { params: { path } });
  const user = await unwrap(Promise.resolve(seen));
  const header = { "If-Match": seen.response.headers.get("etag") ?? "" };
  if (fields === null) {
    await unwrap(api.DELETE("/api/users/{name}", { params: { path, header } }));
    return;
  }
  const { role, queues, extension, disabled } = { ...user, ...fields };
  const body = { role, queues, extension: extension ?? null, disabled };
  await unwrap(api.PUT("/api/users/{name}", { params: { path, header }, body }));
}

export function Users() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const users = useQuery({ queryKey: USERS_KEY, queryFn: () => unwrap(api.GET("/api/users")) });
  const [asked, setAsked] = useState<User>();
  const save = useMutation({
    mutationFn: ({ name, fields }: { name: string; fields: Partial<User> }) => change(name, fields),
    onSettled: () => client.invalidateQueries({ queryKey: USERS_KEY }),
  });
  const queues = useDesk()?.queues ?? [];
  const names = (ids: number[]): string =>
    ids.map((id) => queues.find((queue) => queue.queue === id)?.name ?? `#${id}`).join(", ");
  return (
    <Panel title={t("people.users")} count={users.data?.users.length}>
      <Problem error={users.error ?? save.error} />
      <div className="table-wrap">
        <table className="plain-table">
          <tbody>
            {users.data?.users.map((user) => (
              <tr key={user.name} data-user={user.name}>
                <td>
                  <strong>{user.name}</strong>
                </td>
                <td>
                  {t(`role.${user.role}`)} <span className="quiet">{names(user.queues)}</span>
                </td>
                <td className="quiet">
                  {user.disabled && t("people.blocked")}
                  {!user.disabled && user.must_change_password && t("people.mustChange")}
                </td>
                <td>
                  <span className="button-row">
                    <button
                      type="button"
                      className="button small"
                      disabled={save.isPending}
                      onClick={() =>
                        save.mutate({ name: user.name, fields: { disabled: !user.disabled } })
                      }
                    >
                      {user.disabled ? t("people.unblock") : t("people.block")}
                    </button>
                    <button type="button" className="button small" onClick={() => setAsked(user)}>
                      {t("people.change")}
                    </button>
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <NewUser />
      {asked && <ChangeUser user={asked} onClose={() => setAsked(undefined)} />}
    </Panel>
  );
}

function NewUser() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [choice, setChoice] = useState<RoleChoice>({ role: "supervisor", queues: [] });
  const make = useMutation({
    mutationFn: () => unwrap(api.POST("/api/users", { body: { name, password, ...choice } })),
    onSuccess: () => {
      setName("");
      setPassword("");
      return client.invalidateQueries({ queryKey: USERS_KEY });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <form className="inline-form" onSubmit={submit}>
      <Field
        label={t("login.name")}
        value={name}
        required
        maxLength={64}
        autoComplete="off"
        onChange={(event) => setName(event.target.value)}
      />
      <Field
        label={t("people.firstPassword")}
        value={password}
        required
        minLength={8}
        maxLength={128}
        type="password"
        autoComplete="new-password"
        onChange={(event) => setPassword(event.target.value)}
      />
      <RoleFields value={choice} onChange={setChoice} />
      <button type="submit" className="button primary" disabled={make.isPending}>
        {t("people.make")}
      </button>
      <Problem error={make.error} />
    </form>
  );
}

function ChangeUser({ user, onClose }: { user: User; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [choice, setChoice] = useState<RoleChoice>({ role: user.role, queues: user.queues });
  const [password, setPassword] = useState("");
  const done = (): Promise<void> => {
    onClose();
    return client.invalidateQueries({ queryKey: USERS_KEY });
  };
  const save = useMutation({
    mutationFn: async () => {
      await change(user.name, choice);
      if (password !== "") {
        const params = { path: { name: user.name } };
        await unwrap(api.POST("/api/users/{name}/password", { params, body: { password } }));
      }
    },
    onSuccess: done,
  });
  const remove = useMutation({ mutationFn: () => change(user.name, null), onSuccess: done });
  return (
    <Dialog title={user.name} onClose={onClose}>
      <p className="quiet">{t("people.sessionsEnd")}</p>
      <RoleFields value={choice} onChange={setChoice} />
      <Field
        label={t("people.newPassword")}
        value={password}
        minLength={8}
        maxLength={128}
        type="password"
        autoComplete="new-password"
        hint={t("people.newPasswordHint")}
        onChange={(event) => setPassword(event.target.value)}
      />
      <Problem error={save.error ?? remove.error} />
      <div className="dialog-actions">
        <button type="button" className="button danger" onClick={() => remove.mutate()}>
          {t("people.remove")}
        </button>
        <button type="button" className="button" onClick={onClose}>
          {t("common.cancel")}
        </button>
        <button
          type="button"
          className="button primary"
          disabled={save.isPending}
          onClick={() => save.mutate()}
        >
          {t("people.save")}
        </button>
      </div>
    </Dialog>
  );
}
