//! The one error of every route: RFC 9457 problem details.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tipring_store::StoreError;
use utoipa::ToSchema;

/// What went wrong, for programs (`type`, `status`) and for people (`title`, `detail`).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// A short word for the kind of problem, as a relative URI: `/problems/no-such-call`.
    #[serde(rename = "type")]
    kind: String,
    /// What kind of problem it is, in words.
    title: String,
    /// The HTTP status, repeated.
    status: u16,
    /// What is wrong this time and what to do.
    detail: String,
    /// Where a document is wrong: the line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    line: Option<u32>,
    /// Where a document is wrong: the column, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    column: Option<u32>,
    /// After how many seconds to try again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    retry_after_s: Option<u32>,
}

impl Problem {
    /// A problem of this status and kind.
    pub fn new(status: StatusCode, kind: &str, title: &str, detail: impl Into<String>) -> Self {
        Problem {
            kind: format!("/problems/{kind}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            line: None,
            column: None,
            retry_after_s: None,
        }
    }

    /// The same problem, at this place of a document.
    #[must_use]
    pub fn at(mut self, line: Option<u32>, column: Option<u32>) -> Self {
        (self.line, self.column) = (line, column);
        self
    }

    /// The same problem, with the time after which to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).expect("made from a StatusCode")
    }

    /// Whether it is of this kind.
    pub(crate) fn is(&self, kind: &str) -> bool {
        self.kind.strip_prefix("/problems/") == Some(kind)
    }

    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::BAD_REQUEST, "bad-request", "The request is not right", detail)
    }

    pub(crate) fn not_found(kind: &str, detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::NOT_FOUND, kind, "There is no such thing", detail)
    }

    pub(crate) fn busy(detail: impl Into<String>) -> Self {
        let title = "The box has too much to do";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", title, detail).retry_after(1)
    }

    pub(crate) fn internal(detail: impl Into<String>) -> Self {
        let title = "The box could not do it";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", title, detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status(), axum::Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => Problem::busy(error.to_string()),
            StoreError::DiskFull | StoreError::Disk { .. } | StoreError::Refused { .. } => {
                Problem::new(
                    StatusCode::INSUFFICIENT_STORAGE,
                    "disk",
                    "The disk takes nothing now",
                    error.to_string(),
                )
            }
            _ => Problem::internal(error.to_string()),
        }
    }
}
