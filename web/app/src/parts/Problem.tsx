/** Errors in words: what went wrong and what to do. */
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { ApiError } from "../app/api";
import { zhCN } from "../i18n/zh-CN";

type Kind = keyof typeof zhCN.problem.kind;

/** The problem's kind, if this page has words for it: what is after `/problems/` in its type. */
function kindOf(type: string | undefined): Kind | undefined {
  const kind = type?.replace("/problems/", "");
  return kind !== undefined && kind in zhCN.problem.kind ? (kind as Kind) : undefined;
}

/** Words one error. What the box said in detail is added where it says more than we know. */
export function problemText(t: TFunction, error: unknown): string {
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error);
  const { status, problem } = error;
  if (status === 0) return t("problem.network");
  const kind = kindOf(problem.type);
  if (kind) return t(`problem.kind.${kind}`, { seconds: problem.retry_after_s ?? 60 });
  const detail = problem.detail ?? problem.title;
  const words = statusText(t, status);
  return detail ? `${words} ${detail}` : words;
}

function statusText(t: TFunction, status: number): string {
  if (status === 403) return t("problem.forbidden");
  if (status === 404) return t("problem.notFound");
  if (status === 429) return t("problem.tooMany");
  return status >= 500 ? t("problem.server", { status }) : t("problem.other", { status });
}

/** Shows an error, if there is one, and a way to try again, if there is one. */
export function Problem({ error, retry }: { error: unknown; retry?: (() => void) | undefined }) {
  const { t } = useTranslation();
  if (error === null || error === undefined) return null;
  return (
    <div className="problem" role="alert">
      <span>{typeof error === "string" ? error : problemText(t, error)}</span>
      {retry && (
        <button type="button" className="button small" onClick={retry}>
          {t("common.retry")}
        </button>
      )}
    </div>
  );
}
