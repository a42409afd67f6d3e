/** Figures as a table: one row a step and subject, the total last. */
import type { Schema } from "@tipring/client";
import { useTranslation } from "react-i18next";
import { duration } from "../../app/format";

type Row = Schema<"FigureRow">;
type Table = Pick<Schema<"FigureTable">, "rows" | "total" | "by" | "step">;

function rate(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : `${(value * 100).toFixed(1)} %`;
}

function seconds(ms: number | null | undefined): string {
  return ms === null || ms === undefined ? "–" : (ms / 1000).toFixed(1);
}

function count(value: number | undefined): string {
  return value === undefined ? "–" : String(value);
}

/** The columns: a text of `figures.columns`, and what stands there. */
const COLUMNS = [
  ["offered", (row: Row) => count(row.visits?.offered)],
  ["answered", (row: Row) => count(row.visits?.answered)],
  ["abandoned", (row: Row) => count(row.visits?.abandoned)],
  ["waiting", (row: Row) => count(row.visits?.waiting)],
  ["serviceLevel", (row: Row) => rate(row.visits?.service_level)],
  ["abandonRate", (row: Row) => rate(row.visits?.abandon_rate)],
  ["answerSpeed", (row: Row) => seconds(row.visits?.average_answer_ms)],
  ["resolution", (row: Row) => rate(row.visits?.first_call_resolution)],
  ["handled", (row: Row) => count(handled(row))],
  ["handling", (row: Row) => seconds(row.handling?.average_handling_ms)],
  ["talk", (row: Row) => seconds(row.handling?.average_talk_ms)],
  ["occupancy", (row: Row) => rate(row.time?.occupancy)],
  ["loggedIn", (row: Row) => (row.time ? duration(row.time.logged_in_ms) : "–")],
  ["calls", (row: Row) => count(calls(row))],
  ["blocked", (row: Row) => rate(row.calls?.blocked_rate)],
] as const;

function handled(row: Row): number | undefined {
  return row.handling ? row.handling.inbound + row.handling.outbound + row.handling.internal : undefined;
}

function calls(row: Row): number | undefined {
  return row.calls ? row.calls.inbound + row.calls.outbound + row.calls.internal : undefined;
}

export function FigureTable({ table }: { table: Table }) {
  const { t } = useTranslation();
  // A column that is asked of none of the rows only takes room.
  const rows = table.total ? [...table.rows, table.total] : table.rows;
  const columns = COLUMNS.filter(([, cell]) => rows.some((row) => cell(row) !== "–"));
  const stepped = table.step !== "whole";
  return (
    <div className="figures-scroll">
      <table className="figures-table">
        <thead>
          <tr>
            {stepped && <th scope="col">{t("figures.time")}</th>}
            <th scope="col">{t(`figures.subjects.${table.by}`)}</th>
            {columns.map(([name]) => (
              <th key={name} scope="col" className="right">
                {t(`figures.columns.${name}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, index) => (
            <tr key={index}>
              {stepped && <td className="figure">{stepName(row, table.step)}</td>}
              <td>{row.name || t(table.by === "line" ? "figures.inside" : "figures.everybody")}</td>
              {columns.map(([name, cell]) => (
                <td key={name} className="figure right">
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
        {table.total && (
          <tfoot>
            <tr>
              {stepped && <td />}
              <th scope="row">{t("figures.total")}</th>
              {columns.map(([name, cell]) => (
                <td key={name} className="figure right">
                  {table.total ? cell(table.total) : ""}
                </td>
              ))}
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  );
}

/** A row's step: a day, a time of day, or both, as the step asks for. */
function stepName(row: Row, step: Table["step"]): string {
  if (row.hour !== null) return `${String(row.hour).padStart(2, "0")}:00`;
  if (row.start_ms === null) return "";
  const at = new Date(row.start_ms);
  const two = (n: number) => String(n).padStart(2, "0");
  const month = `${at.getFullYear()}-${two(at.getMonth() + 1)}`;
  const date = `${month}-${two(at.getDate())}`;
  if (step === "month") return month;
  return step === "day" || step === "week"
    ? date
    : `${date} ${two(at.getHours())}:${two(at.getMinutes())}`;
}
