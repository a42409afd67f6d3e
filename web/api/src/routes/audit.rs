//! The audit log: who changed what, with before and after, as pages and as CSV.

use std::fmt::Write;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tipring_clock::WallTime;
use tipring_store::{AUDIT_PER_PAGE_MAX, AuditFilter, AuditRow};
use utoipa::{IntoParams, ToSchema};

use crate::document::ReadProblems;
use crate::extract::Parameters;
use crate::{ApiState, Problem};

/// How many rows a page has where nobody says.
const LIMIT: u32 = 100;

/// The most rows of a CSV file; a longer time is asked for in parts.
const CSV_ROWS_MAX: usize = 100_000;

/// Which rows; everything that is given must fit.
#[derive(Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditQuery {
    /// Who did it.
    who: Option<String>,
    /// What was done: `user-changed`.
    action: Option<String>,
    /// What it was done to: `call 17`.
    target: Option<String>,
    /// At this time or later.
    from_ms: Option<i64>,
    /// Before this time.
    to_ms: Option<i64>,
    /// Go on after the page that ended with this.
    after: Option<u64>,
    /// How many rows, 1 to 500; 100 where it is not given. A CSV file has all.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

impl TryFrom<AuditQuery> for AuditFilter {
    type Error = Problem;

    fn try_from(query: AuditQuery) -> Result<Self, Problem> {
        let limit = query.limit.unwrap_or(LIMIT);
        if !(1..=AUDIT_PER_PAGE_MAX).contains(&limit) {
            let detail = format!("limit is {limit}; give 1 to {AUDIT_PER_PAGE_MAX}");
            return Err(Problem::bad_request(detail));
        }
        let time = |ms: i64| WallTime::from_unix_micros(ms.saturating_mul(1000));
        Ok(AuditFilter {
            who: query.who,
            action: query.action,
            target: query.target,
            from: query.from_ms.map(time),
            to: query.to_ms.map(time),
            before_id: query.after,
            limit,
        })
    }
}

/// One row: somebody changed something.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditView {
    id: u64,
    at_ms: i64,
    /// A user, a token or an agent.
    who: String,
    /// Where it came from; empty for the box's own command line.
    address: String,
    /// What was done: `user-changed`.
    action: String,
    /// To what.
    target: String,
    /// How it was; secrets are masked.
    #[schema(value_type = Option<Object>)]
    before: Option<Value>,
    /// How it is.
    #[schema(value_type = Option<Object>)]
    after: Option<Value>,
}

/// A page of rows, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditList {
    rows: Vec<AuditView>,
    /// What to give as `after` to go on; null at the end.
    next: Option<u64>,
}

impl From<AuditRow> for AuditView {
    fn from(AuditRow { id, entry }: AuditRow) -> Self {
        let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
        AuditView {
            id,
            at_ms: entry.at.unix_millis(),
            who: entry.who,
            address: entry.address,
            action: entry.action,
            target: entry.target,
            before: json(entry.before),
            after: json(entry.after),
        }
    }
}

/// Who changed what, the newest first.
#[utoipa::path(
    get, path = "/api/audit", tag = "audit", params(AuditQuery),
    responses((status = 200, body = AuditList, description = "A page of rows"), ReadProblems)
)]
pub(crate) async fn audit(
    State(state): State<ApiState>,
    Parameters(query): Parameters<AuditQuery>,
) -> Result<Json<AuditList>, Problem> {
    let filter = AuditFilter::try_from(query)?;
    let limit = filter.limit as usize;
    let rows = state.blocking(move |state| Ok(state.reader().audit(&filter)?)).await?;
    let next = (rows.len() == limit).then(|| rows.last().map(|row| row.id)).flatten();
    Ok(Json(AuditList { rows: rows.into_iter().map(AuditView::from).collect(), next }))
}

/// Who changed what, as a table (RFC 4180) with a byte order mark, so that spreadsheets read the
/// Chinese in it.
#[utoipa::path(
    get, path = "/api/audit.csv", tag = "audit", params(AuditQuery),
    responses(
        (status = 200, body = String, content_type = "text/csv", description = "The table"),
        ReadProblems,
    )
)]
pub(crate) async fn audit_csv(
    State(state): State<ApiState>,
    Parameters(query): Parameters<AuditQuery>,
) -> Result<impl IntoResponse, Problem> {
    let mut filter = AuditFilter { limit: AUDIT_PER_PAGE_MAX, ..AuditFilter::try_from(query)? };
    let table = state
        .blocking(move |state| {
            let mut table =
                String::from("\u{feff}id,time,who,address,action,target,before,after\r\n");
            let mut count = 0;
            loop {
                let rows = state.reader().audit(&filter)?;
                rows.iter().for_each(|row| write_row(&mut table, row));
                count += rows.len();
                filter.before_id = rows.last().map(|row| row.id);
                if rows.len() < AUDIT_PER_PAGE_MAX as usize || count >= CSV_ROWS_MAX {
                    return Ok(table);
                }
            }
        })
        .await?;
    let name = "attachment; filename=\"audit.csv\"";
    Ok((
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, name)],
        table,
    ))
}

fn write_row(table: &mut String, AuditRow { id, entry }: &AuditRow) {
    // Writing to a String cannot fail.
    let _ = write!(table, "{id},{}", entry.at);
    let texts = [&entry.who, &entry.address, &entry.action, &entry.target];
    let changes = [&entry.before, &entry.after].map(|change| change.as_deref().unwrap_or(""));
    for text in texts.into_iter().map(String::as_str).chain(changes) {
        table.push(',');
        write_field(table, text);
    }
    table.push_str("\r\n");
}

/// A field in quotes. One that a spreadsheet would take for a formula is made a text.
fn write_field(table: &mut String, text: &str) {
    table.push('"');
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        table.push('\'');
    }
    table.push_str(&text.replace('"', "\"\""));
    table.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_stays_a_text_in_a_spreadsheet() {
        for (text, field) in [
            ("plain", "\"plain\""),
            ("a \"b\", c\n", "\"a \"\"b\"\", c\n\""),
            ("=HYPERLINK(1)", "\"'=HYPERLINK(1)\""),
            ("", "\"\""),
        ] {
            let mut table = String::new();
            write_field(&mut table, text);
            assert_eq!(table, field);
        }
    }
}
