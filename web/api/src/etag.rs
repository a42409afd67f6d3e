//! Optimistic locking (RFC 9110, sections 8.8.3 and 13.1.1): what is changed must be what was seen.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};
use utoipa::IntoParams;

use crate::Problem;
use crate::session::hex;

/// The tag of something in this state.
pub(crate) fn tag_of(text: &str) -> HeaderValue {
    let hash = Sha256::digest(text.as_bytes());
    HeaderValue::try_from(format!("\"{}\"", hex(&hash[..12])))
        .expect("quoted hex is a header value")
}

/// The header of a change.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes the header in the OpenAPI document")]
pub(crate) struct IfMatch {
    /// The `ETag` of what was seen, or `*` to change whatever is there.
    #[param(rename = "If-Match", required = true)]
    if_match: String,
}

/// Whether a change is of what was seen, whose state is now `current`.
pub(crate) fn check_match(headers: &HeaderMap, current: &str) -> Result<(), Problem> {
    let Some(seen) = headers.get(header::IF_MATCH) else {
        let title = "Say which state you saw";
        let detail = "read it, and send its ETag as If-Match; * changes whatever is there";
        let status = StatusCode::PRECONDITION_REQUIRED;
        return Err(Problem::new(status, "if-match-required", title, detail));
    };
    check_match_if_any(Some(seen), current)
}

/// As [`check_match`]; who sends no condition changes whatever is there.
pub(crate) fn check_match_if_any(seen: Option<&HeaderValue>, current: &str) -> Result<(), Problem> {
    let Some(seen) = seen else { return Ok(()) };
    let now = tag_of(current);
    let tags = seen.to_str().unwrap_or("").split(',').map(str::trim);
    // A weak tag never matches here (RFC 9110, section 13.1.1); but whatever compresses an answer on
    // its way makes its tag weak, so it stands for the strong one.
    let strong = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == now.as_bytes();
    if tags.into_iter().any(|tag| tag == "*" || strong(tag)) {
        return Ok(());
    }
    Err(changed_meanwhile())
}

/// Somebody else was faster.
pub(crate) fn changed_meanwhile() -> Problem {
    let title = "Somebody has changed it meanwhile";
    let detail = "read it again, and make your change to that";
    Problem::new(StatusCode::PRECONDITION_FAILED, "changed-meanwhile", title, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_seen_is_changed() {
        let tag = tag_of("a").to_str().unwrap().to_owned();
        let check = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_MATCH, value.parse().unwrap());
            check_match(&headers, "a").map_err(|problem| problem.status().as_u16())
        };
        assert_eq!(check(&tag), Ok(()));
        assert_eq!(check("*"), Ok(()));
        assert_eq!(check(&format!("\"x\", W/{tag}")), Ok(()));
        assert_eq!(check("\"x\""), Err(412));
        let none = check_match(&HeaderMap::new(), "a").unwrap_err();
        assert_eq!(none.status(), StatusCode::PRECONDITION_REQUIRED);
    }
}
