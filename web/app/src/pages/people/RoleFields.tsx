/** A role and, for a supervisor, the queues. */
import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "../../app/api";
import type { Role } from "../../app/roles";

const ROLES: readonly Role[] = [
  "administrator",
  "technician",
  "supervisor",
  "department",
  "auditor",
];

export interface RoleChoice {
  role: Role;
  queues: number[];
}

/** The queues and agents there are. */
export function useDesk() {
  return useQuery({ queryKey: ["desk"], queryFn: () => unwrap(api.GET("/api/desk")) }).data;
}

export function RoleFields(props: { value: RoleChoice; onChange: (value: RoleChoice) => void }) {
  const { t } = useTranslation();
  const id = useId();
  const { value, onChange } = props;
  return (
    <>
      <div className="field">
        <label htmlFor={id}>{t("people.role")}</label>
        <select
          id={id}
          value={value.role}
          onChange={(event) => onChange({ ...value, role: event.target.value as Role })}
        >
          {ROLES.map((role) => (
            <option key={role} value={role}>
              {t(`role.${role}`)}
            </option>
          ))}
        </select>
      </div>
      {value.role === "supervisor" && (
        <QueueChoice chosen={value.queues} onChange={(queues) => onChange({ ...value, queues })} />
      )}
    </>
  );
}

/** Some of the queues, by check boxes. */
export function QueueChoice(props: { chosen: number[]; onChange: (queues: number[]) => void }) {
  const { t } = useTranslation();
  const queues = useDesk()?.queues ?? [];
  return (
    <div className="field" role="group" aria-label={t("overview.queues")}>
      <span>{t("overview.queues")}</span>
      <span className="button-row">
        {queues.map(({ queue, name }) => (
          <label key={queue} className="check">
            <input
              type="checkbox"
              checked={props.chosen.includes(queue)}
              onChange={(event) =>
                props.onChange(
                  event.target.checked
                    ? [...props.chosen, queue]
                    : props.chosen.filter((one) => one !== queue),
                )
              }
            />
            {name}
          </label>
        ))}
      </span>
    </div>
  );
}
