/** Past calls, the newest first. */
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "../../app/api";
import { Empty } from "../../parts/Empty";
import { Problem } from "../../parts/Problem";
import "./calls.css";
import { CallsTable } from "./CallsTable";
import { callsQuery, filterHash, NO_FILTER, readFilter, type CallFilter } from "./filter";
import { FilterForm } from "./FilterForm";

/** How many calls a page from the box holds. */
const PAGE_CALLS = 50;

function useCalls(filter: CallFilter) {
  return useInfiniteQuery({
    queryKey: ["calls", filter],
    queryFn: ({ pageParam }) => {
      const query = { ...callsQuery(filter), limit: PAGE_CALLS };
      return unwrap(
        api.GET("/api/calls", {
          params: { query: pageParam === null ? query : { ...query, after: pageParam } },
        }),
      );
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
  });
}

export function CallsPage({ filter: params }: { filter: URLSearchParams }) {
  const { t } = useTranslation();
  const filter = readFilter(params);
  const calls = useCalls(filter);
  const filtered = filterHash(filter) !== filterHash(NO_FILTER);
  const rows = calls.data?.pages.flatMap((page) => page.calls) ?? [];
  return (
    <div className="calls-page">
      <h1 className="page-title">{t("calls.title")}</h1>
      <FilterForm key={filterHash(filter)} filter={filter} filtered={filtered} />
      <Problem error={calls.error} retry={() => void calls.refetch()} />
      {calls.isPending && <p className="quiet loading">{t("common.loading")}</p>}
      {calls.data && rows.length === 0 && (
        <Empty title={t(filtered ? "calls.emptyFiltered" : "calls.empty")}>
          <p>{t(filtered ? "calls.emptyFilteredHint" : "calls.emptyHint")}</p>
        </Empty>
      )}
      {rows.length > 0 && <CallsTable calls={rows} />}
      {rows.length > 0 && (
        <div className="calls-more">
          {calls.hasNextPage ? (
            <button
              type="button"
              className="button"
              disabled={calls.isFetchingNextPage}
              onClick={() => void calls.fetchNextPage()}
            >
              {t(calls.isFetchingNextPage ? "calls.loadingMore" : "calls.more")}
            </button>
          ) : (
            <span className="quiet">{t("calls.end")}</span>
          )}
        </div>
      )}
    </div>
  );
}
