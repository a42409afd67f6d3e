/** What was found at the board's sockets and pins when the box started. */
import { useTranslation } from "react-i18next";
import { Panel } from "../../parts/Panel";
import { Problem } from "../../parts/Problem";
import { useBoard } from "./useLines";

export function BoardCheck() {
  const { t } = useTranslation();
  const board = useBoard();
  const data = board.data;
  const aside = data && (
    <span className="quiet">
      {t("lines.boardName", { name: data.name, revision: data.revision })}
    </span>
  );
  return (
    <Panel title={t("lines.board")} aside={aside} className="board-check">
      <p className="quiet pad">{t("lines.boardLead")}</p>
      <Problem error={board.error} retry={() => void board.refetch()} />
      <ul className="findings">
        {data?.findings.map((found) => (
          <li key={`${found.kind} ${found.label}`} data-finding={found.label}>
            <b>{found.label}</b>
            <span className="quiet">{found.kind}</span>
            <span className="found">
              {found.found}
              {found.problem && <strong>{found.problem}</strong>}
            </span>
            <span className={found.problem ? "finding-bad" : "finding-good"}>
              {t(found.problem ? "lines.boardWrong" : "lines.boardOk")}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
