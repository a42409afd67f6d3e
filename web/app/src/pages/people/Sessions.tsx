/** Who is logged in now, and putting somebody out. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "../../app/api";
import { dateTime } from "../../app/format";
import { Panel } from "../../parts/Panel";
import { Problem } from "../../parts/Problem";

const SESSIONS_KEY = ["sessions"] as const;

export function Sessions() {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const list = useQuery({
    queryKey: SESSIONS_KEY,
    queryFn: () => unwrap(api.GET("/api/sessions")),
  });
  const end = useMutation({
    mutationFn: (session: string) =>
      unwrap(api.DELETE("/api/sessions/{session}", { params: { path: { session } } })),
    onSettled: () => client.invalidateQueries({ queryKey: SESSIONS_KEY }),
  });
  return (
    <Panel title={t("people.sessions")} count={list.data?.sessions.length}>
      <Problem error={list.error ?? end.error} />
      <div className="table-wrap">
        <table className="plain-table">
          <tbody>
            {list.data?.sessions.map((session) => (
              <tr key={session.session}>
                <td>
                  <strong>{session.name}</strong>
                </td>
                <td>{t(`role.${session.role}`)}</td>
                <td className="figure">{session.address}</td>
                <td className="quiet">
                  {t("people.since", { time: dateTime(session.began_ms, i18n.language) })}
                </td>
                <td>
                  {session.own ? (
                    <span className="quiet">{t("people.ownSession")}</span>
                  ) : (
                    <button
                      type="button"
                      className="button small"
                      disabled={end.isPending}
                      onClick={() => end.mutate(session.session)}
                    >
                      {t("people.putOut")}
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
