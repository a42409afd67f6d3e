/** The technician's page: every exchange line with its test and its release tones, the D-channels of
 * E1 spans, and the board. */
import { useTranslation } from "react-i18next";
import { Empty } from "../../parts/Empty";
import { Problem } from "../../parts/Problem";
import { BoardCheck } from "./BoardCheck";
import { LineCard } from "./LineCard";
import { TracePanel } from "./TracePanel";
import { useLines } from "./useLines";
import "./lines.css";

export function LinesPage() {
  const { t } = useTranslation();
  const lines = useLines();
  return (
    <div className="lines-page">
      <h1 className="page-title">{t("lines.title")}</h1>
      <p className="quiet">{t("lines.lead")}</p>
      <Problem error={lines.error} retry={() => void lines.refetch()} />
      {lines.data?.length === 0 && (
        <Empty title={t("lines.none")}>
          <p>{t("lines.noneHint")}</p>
        </Empty>
      )}
      <div className="line-cards">
        {lines.data?.map((line) => (
          <LineCard key={line.line} line={line} />
        ))}
      </div>
      <TracePanel />
      <BoardCheck />
    </div>
  );
}
