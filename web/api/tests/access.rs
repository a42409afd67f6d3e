//! Who may do what: logging in and out, the first password, the lock after failures, other sites'
//! pages; and a table of every route.

mod box_under_test;

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use box_under_test::TestBox;

/// The routes that need no login. A route that is in none of these lists needs one, and a password
/// of one's own.
const OPEN: [&str; 4] = ["/healthz", "/metrics", "/api/openapi.json", "/api/login"];
const FIRST_PASSWORD: [&str; 3] = ["/api/me", "/api/logout", "/api/password"];

fn real(template: &str) -> String {
    template.replace("{call}", "1").replace("{agent}", "1")
}

#[tokio::test]
async fn every_described_route_lets_in_whom_it_should() {
    let under_test = TestBox::new();
    let cookie = under_test.first_cookie().await;
    let routes = under_test.document().routes();
    assert!(routes.len() >= 20, "{routes:?}");
    for (method, template) in routes {
        let path = real(&template);
        if OPEN.contains(&template.as_str()) {
            continue;
        }
        let strange = format!("tipring_session={}", "0".repeat(64));
        for nobody in ["", "tipring_session=x", &strange] {
            let request = TestBox::request(&method, &path, nobody, "");
            let answer = under_test.send(request).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
            assert_eq!(answer.problem().0, "not-logged-in");
        }
        if !FIRST_PASSWORD.contains(&template.as_str()) {
            let answer = under_test.send(TestBox::request(&method, &path, &cookie, "")).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
            assert_eq!(answer.problem().0, "password-change-required");
        }
        if method != "GET" {
            let mut request = TestBox::request(&method, &path, &cookie, "");
            request.headers_mut().insert(header::ORIGIN, "http://evil".parse().unwrap());
            request.headers_mut().insert(header::HOST, "box:8080".parse().unwrap());
            let answer = under_test.send(request).await;
            assert_eq!(answer.problem().0, "foreign-origin", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_session_begins_with_the_right_password_and_ends_by_logging_out_or_by_age() {
    let under_test = TestBox::new();
    let wrong = under_test.log_in("admin", "wrong").await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(wrong.problem().0, "wrong-credentials");
    assert_eq!(under_test.log_in("nobody", &under_test.password).await.status, 401);

    let answer = under_test.log_in("admin", &under_test.password).await;
    assert_eq!(
        answer.json(),
        serde_json::json!({"name": "admin", "role": "administrator", "must_change_password": true})
    );
    let cookie = answer.header(header::SET_COOKIE).to_owned();
    assert!(cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/; Max-Age=43200"), "{cookie}");
    assert_eq!(under_test.get("/api/me", &cookie).await.status, StatusCode::OK);

    let answer = under_test.post("/api/logout", &cookie, "").await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert!(answer.header(header::SET_COOKIE).contains("Max-Age=0"));
    assert_eq!(under_test.get("/api/me", &cookie).await.status, StatusCode::UNAUTHORIZED);

    let cookie = under_test.first_cookie().await;
    under_test.clock.advance(Duration::from_secs(12 * 3600 - 1));
    assert_eq!(under_test.get("/api/me", &cookie).await.status, StatusCode::OK);
    under_test.clock.advance(Duration::from_secs(1));
    assert_eq!(under_test.get("/api/me", &cookie).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_first_password_must_be_changed_and_other_sessions_end_with_it() {
    let under_test = TestBox::new();
    let (cookie, other) = (under_test.first_cookie().await, under_test.first_cookie().await);
    let change = |old: &str, new: &str| {
        let body = serde_json::json!({ "old": old, "new": new }).to_string();
        under_test.send(TestBox::request("POST", "/api/password", &cookie, &body))
    };
    let first = under_test.password.clone();
    let answer = change("wrong", "a good long one").await;
    assert_eq!(answer.problem().0, "wrong-password");
    let answer = change(&first, "short").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.problem().1.contains("8 characters"), "{:?}", answer.problem());
    assert_eq!(change(&first, &first).await.problem().0, "bad-password");
    assert_eq!(change(&first, "a good long one").await.status, StatusCode::NO_CONTENT);

    assert_eq!(under_test.get("/api/live", &cookie).await.status, StatusCode::OK);
    let me = under_test.get("/api/me", &cookie).await.json();
    assert_eq!(me["must_change_password"], false);
    assert_eq!(under_test.get("/api/me", &other).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(under_test.log_in("admin", &first).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(under_test.log_in("admin", "a good long one").await.status, StatusCode::OK);
}

#[tokio::test]
async fn guessing_locks_the_name_for_a_while() {
    let under_test = TestBox::new();
    for _ in 0..5 {
        assert_eq!(under_test.log_in("admin", "guess").await.status, StatusCode::UNAUTHORIZED);
    }
    let answer = under_test.log_in("admin", &under_test.password).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.problem().0, "locked");
    assert_eq!(answer.header(header::RETRY_AFTER), "31");
    assert_eq!(answer.json()["retry_after_s"], 31);
    under_test.clock.advance(Duration::from_secs(31));
    assert_eq!(under_test.log_in("admin", &under_test.password).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_body_that_is_not_right_is_told_where() {
    let under_test = TestBox::new();
    let send = |json: &'static str| under_test.post("/api/login", "", json);
    let answer = send(r#"{"name":"admin","password":"x","role":"root"}"#).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.problem().1.contains("unknown field `role`"), "{:?}", answer.problem());
    for (body, word) in [
        (r#"{"name":"admin"}"#, "missing field `password`"),
        (r#"{"name":1,"password":"x"}"#, "expected a string"),
        (r#"{"name":"admin""#, "EOF"),
        ("null", "invalid type: null"),
    ] {
        let answer = send(body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert!(answer.problem().1.contains(word), "{:?}", answer.problem());
    }

    let form = Request::post("/api/login")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("name=admin"))
        .unwrap();
    assert_eq!(under_test.send(form).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let bare = Request::post("/api/login").body(Body::from("{}")).unwrap();
    assert_eq!(under_test.send(bare).await.problem().0, "unsupported-media-type");

    let huge = format!(r#"{{"name":"{}","password":""}}"#, "x".repeat(70_000));
    let answer = under_test.post("/api/login", "", &huge).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.problem().0, "too-large");
}
