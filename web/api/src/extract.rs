//! Taking requests apart: each mistake of a client becomes a [`Problem`] that names it.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use crate::Problem;

/// The media type of a body, in lower case and without parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or(value).trim().to_ascii_lowercase())
}

fn wrong_type(expected: &str) -> Problem {
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        "The body is of the wrong kind",
        format!("send the body as Content-Type: {expected}"),
    )
}

async fn body_of(request: Request, expected: &[&str]) -> Result<Bytes, Problem> {
    if !media_type(request.headers()).is_some_and(|t| expected.contains(&t.as_str())) {
        return Err(wrong_type(expected[0]));
    }
    read_body(request).await
}

/// How long a client may take to send a body.
const BODY_WITHIN: Duration = Duration::from_secs(20);

/// Reads a body to its end. Who announces one and does not send it is let go of.
pub(crate) async fn read_body(request: Request) -> Result<Bytes, Problem> {
    let read = tokio::time::timeout(BODY_WITHIN, Bytes::from_request(request, &())).await;
    let read = read.map_err(|_| {
        let title = "The body did not come";
        let detail = format!("send it within {} seconds", BODY_WITHIN.as_secs());
        Problem::new(StatusCode::REQUEST_TIMEOUT, "body-timeout", title, detail)
    })?;
    read.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            let title = "The body is too large";
            return Problem::new(rejection.status(), "too-large", title, rejection.body_text());
        }
        Problem::bad_request(rejection.body_text())
    })
}

/// A JSON body, all of it known.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let bytes = body_of(request, &["application/json"]).await?;
        serde_json::from_slice(&bytes)
            .map(Body)
            .map_err(|e| Problem::bad_request(format!("the body is not right: {e}")))
    }
}

/// A TOML document as the body.
pub(crate) struct TomlBody(pub(crate) String);

impl<S: Sync> FromRequest<S> for TomlBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let bytes = body_of(request, &["application/toml"]).await?;
        String::from_utf8(bytes.into()).map(TomlBody).map_err(|e| {
            let place = e.utf8_error().valid_up_to();
            Problem::bad_request(format!("the document is not UTF-8 from byte {place} on"))
        })
    }
}

/// The parameters after the question mark.
pub(crate) struct Parameters<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Query::try_from_uri(&parts.uri).map(|Query(value)| Parameters(value)).map_err(|e| {
            Problem::bad_request(format!("a parameter is not right: {}", e.body_text()))
        })
    }
}

/// A part of the path.
pub(crate) struct PathPart<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for PathPart<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Path::from_request_parts(parts, state)
            .await
            .map(|Path(value)| PathPart(value))
            .map_err(|e| Problem::bad_request(format!("the path is not right: {}", e.body_text())))
    }
}

/// The address a request came from; all the same where the server does not tell.
pub(crate) struct Peer(pub(crate) IpAddr);

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        Ok(Peer(address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)).to_canonical()))
    }
}

/// Put into the extensions of a request that came over TLS, so that cookies are kept to it.
#[derive(Clone, Copy, Debug)]
pub struct ServedByTls;

/// Whether the request came over TLS.
pub(crate) struct Tls(pub(crate) bool);

impl<S: Sync> FromRequestParts<S> for Tls {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Tls(parts.extensions.get::<ServedByTls>().is_some()))
    }
}
