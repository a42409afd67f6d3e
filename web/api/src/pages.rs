//! The page itself, built into the program where it was there when the program was built.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use crate::Problem;

#[derive(RustEmbed)]
#[folder = "../app/dist"]
#[allow_missing = true]
struct Page;

/// What stands in for the page where it was not built.
const NOT_BUILT: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<title>Tipring</title>
<h1>Tipring runs, but its page was not built</h1>
<p>Build it with <code>npm ci &amp;&amp; npm run build</code> in <code>web/app</code>, then build and
start the box again; <code>./box run</code> does all of it.</p>
<p>Without the page: <a href=\"/api/openapi.json\">the API</a>, <a href=\"/healthz\">health</a>,
<a href=\"/metrics\">figures</a>.</p>
</html>
";

/// Answers what no route answers: a file of the page, the page itself for the page's own paths,
/// or a problem.
pub(crate) async fn page(method: Method, uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        let detail = format!("there is no route {}; see /api/openapi.json", uri.path());
        return Problem::not_found("no-such-route", detail).into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return method_not_allowed().await;
    }
    if let Some(file) = Page::get(path).filter(|_| !path.is_empty()) {
        return serve(path, file.data);
    }
    let last = path.rsplit('/').next().unwrap_or(path);
    if last.contains('.') {
        let detail = format!("there is no file {}", uri.path());
        return Problem::not_found("no-such-file", detail).into_response();
    }
    match Page::get("index.html") {
        Some(file) => serve("index.html", file.data),
        None => serve("index.html", Cow::Borrowed(NOT_BUILT.as_bytes())),
    }
}

/// The route is there, the method is not.
pub(crate) async fn method_not_allowed() -> Response {
    let title = "The method is not for this route";
    let detail = "see /api/openapi.json for what this route can do";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", title, detail)
        .into_response()
}

fn serve(path: &str, data: Cow<'static, [u8]>) -> Response {
    // Files under assets/ have a hash of their content in their name.
    let cache = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let body = match data {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or("") {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
