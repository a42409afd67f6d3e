//! What stands before the routes: whose page asks, who is logged in, and what a browser may do with
//! the answer.

use axum::extract::{MatchedPath, RawPathParams, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use tipring_events::{AgentId, QueueId};
use tipring_line::CallId;

use crate::access::{Who, access};
use crate::scope::Scope;
use crate::session::Session;
use crate::{ApiState, Problem};

/// Refuses a change that another site's page asks for.
///
/// A browser says in `Sec-Fetch-Site` or `Origin` whose page it is, and sends one of the two with
/// every such request; who sends neither is no browser and has no cookie but its own.
pub(crate) async fn same_origin(request: Request, next: Next) -> Result<Response, Problem> {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && !is_same_origin(request.headers()) {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "foreign-origin",
            "Another site's page may not do this",
            "open the box's own page and do it there",
        ));
    }
    Ok(next.run(request).await)
}

fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or("?"));
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = text(header::ORIGIN) else { return true };
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority.is_some_and(|authority| text(header::HOST) == Some(authority))
}

/// Lets in whom the table of routes lets in, to what is theirs, and tells the route who it is.
pub(crate) async fn admit(
    State(state): State<ApiState>,
    path: MatchedPath,
    parameters: RawPathParams,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let Some(access) = access(request.method().as_str(), path.as_str()) else {
        return Err(forbidden(
            "no-rule",
            "nobody may use this route: the table has no rule for it",
        ));
    };
    if access.who == Who::Everybody {
        return Ok(next.run(request).await);
    }
    let session = state.session_of(request.headers(), access.passive).await?.ok_or_else(|| {
        let title = "You are not logged in";
        Problem::new(StatusCode::UNAUTHORIZED, "not-logged-in", title, "log in first")
    })?;
    if session.must_change && access.who != Who::LoggedIn {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "password-change-required",
            "Choose a password of your own first",
            "the password you logged in with was given to you; change it by POST /api/password",
        ));
    }
    if !access.who.includes(session.role) {
        return Err(forbidden("not-your-role", "your role may not do this; ask the administrator"));
    }
    within_scope(&state, &session, request.method(), &parameters)?;
    request.extensions_mut().insert(session);
    Ok(next.run(request).await)
}

fn forbidden(kind: &str, detail: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, kind, "You may not do this", detail)
}

/// Whether what the path names is the asker's. Path parameters of these names mean the same on
/// every route; one that cannot be read is left for the route to refuse.
fn within_scope(
    state: &ApiState,
    session: &Session,
    method: &Method,
    parameters: &RawPathParams,
) -> Result<(), Problem> {
    let scope = state.scope(session);
    if scope == Scope::All {
        return Ok(());
    }
    let live = state.inner.live.snapshot();
    for (name, value) in parameters {
        let id = value.parse::<u32>();
        let theirs = match name {
            "agent" => id.map_or(true, |id| scope.agent(AgentId(id))),
            "queue" => id.map_or(true, |id| scope.queue(QueueId(id))),
            "extension" => value.parse().map_or(true, |e| scope.extension(&e, &live.state)),
            // A past call is judged by the route that reads it.
            "call" if method == Method::POST => {
                value.parse().map_or(true, |id| scope.call(CallId(id), &live.state))
            }
            _ => true,
        };
        if !theirs {
            return Err(forbidden("not-yours", &format!("this {name} is not one of yours")));
        }
    }
    Ok(())
}

/// What a browser may do with what the box sends: run only the box's own scripts, show it in no
/// frame, guess no types, and keep nothing that a route did not allow.
pub(crate) async fn secure_headers(mut response: Response) -> Response {
    const ALWAYS: [(HeaderName, &str); 4] = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'self'; img-src 'self' data:; media-src 'self' blob:; object-src 'none'; \
             base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
    ];
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn only_the_boxs_own_page_may_change_things() {
        for (pairs, ours) in [
            (&[][..], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site"), ("origin", "http://box")], false),
            (&[("origin", "http://box:8080"), ("host", "box:8080")], true),
            (&[("origin", "http://box:8081"), ("host", "box:8080")], false),
            (&[("origin", "null"), ("host", "box")], false),
            (&[("origin", "http://box")], false),
        ] {
            assert_eq!(is_same_origin(&headers(pairs)), ours, "{pairs:?}");
        }
    }
}
