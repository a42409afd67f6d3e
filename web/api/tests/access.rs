//! Who may do what: logging in and out, the first password, the lock after failures, other sites'
//! pages; and a table of every route.

mod box_under_test;

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use box_under_test::TestBox;
use tipring_store::Role;

/// Whom each route is for: administrator, technician, supervisor, agent (g), department, auditor
/// (u); `-` for everybody, `+` for everybody who is logged in, even before the password was changed.
/// A route that is not here fails the test: whoever adds one decides for whom it is.
const ROUTES: &[(&str, &str)] = &[
    ("GET /healthz", "-"),
    ("GET /metrics", "-"),
    ("GET /api/openapi.json", "-"),
    ("POST /api/login", "-"),
    ("POST /api/login/agent", "-"),
    ("POST /api/logout", "+"),
    ("GET /api/me", "+"),
    ("POST /api/password", "+"),
    ("PUT /api/me/extension", "as"),
    ("GET /api/desk", "atsg"),
    ("GET /api/live", "atsg"),
    ("GET /api/events", "atsg"),
    ("GET /api/today", "atu"),
    ("GET /api/lines", "at"),
    ("POST /api/lines/{line}/test", "at"),
    ("POST /api/lines/{line}/learn", "at"),
    ("POST /api/lines/{line}/cancel", "at"),
    ("POST /api/spans/{span}/service", "at"),
    ("GET /api/board", "at"),
    ("GET /api/spans/traced", "at"),
    ("GET /api/spans/{span}/trace", "at"),
    ("GET /api/spans/{span}/trace.pcap", "at"),
    ("GET /api/figures", "asu"),
    ("GET /api/figures.csv", "asu"),
    ("GET /api/figures/today", "asu"),
    ("GET /api/listening", "au"),
    ("GET /api/calls", "asu"),
    ("GET /api/calls/{call}", "asu"),
    ("GET /api/calls/{call}/recording", "as"),
    ("POST /api/calls/{call}/recording", "asg"),
    ("PUT /api/calls/{call}/hold", "as"),
    ("DELETE /api/calls/{call}/hold", "a"),
    ("POST /api/calls/{call}/hangup", "as"),
    ("POST /api/calls/{call}/queue", "as"),
    ("POST /api/calls/{call}/priority", "as"),
    ("POST /api/calls/{call}/monitor", "as"),
    ("POST /api/calls/{call}/take-over", "as"),
    ("POST /api/queues/{queue}/callbacks", "asg"),
    ("DELETE /api/queues/{queue}/callbacks/{number}", "as"),
    ("POST /api/agents/login", "as"),
    ("POST /api/agents/{agent}/ready", "asg"),
    ("POST /api/agents/{agent}/not-ready", "asg"),
    ("POST /api/agents/{agent}/logout", "asg"),
    ("POST /api/agents/{agent}/wrap-up", "asg"),
    ("POST /api/agents/{agent}/desktop", "as"),
    ("POST /api/agents/{agent}/leave", "as"),
    ("POST /api/agents/{agent}/force-not-ready", "as"),
    ("POST /api/agents/{agent}/force-logout", "as"),
    ("POST /api/phones/{extension}/hangup", "asg"),
    ("POST /api/phones/{extension}/dial", "asg"),
    ("POST /api/phones/{extension}/hold", "asg"),
    ("POST /api/phones/{extension}/mute", "asg"),
    ("POST /api/phones/{extension}/digits", "asg"),
    ("POST /api/phones/{extension}/transfer", "asg"),
    ("POST /api/phones/{extension}/consult", "asg"),
    ("POST /api/phones/{extension}/consult-swap", "asg"),
    ("POST /api/phones/{extension}/consult-transfer", "asg"),
    ("POST /api/phones/{extension}/consult-cancel", "asg"),
    ("POST /api/phones/{extension}/conference", "asg"),
    ("POST /api/phones/{extension}/conference-add", "asg"),
    ("POST /api/phones/{extension}/park", "asg"),
    ("POST /api/phones/{extension}/unpark", "asg"),
    ("POST /api/phones/{extension}/pick-up", "asg"),
    ("POST /api/phones/{extension}/forward", "asg"),
    ("POST /api/phones/{extension}/do-not-disturb", "asg"),
    ("POST /api/phones/{extension}/messages", "as"),
    ("POST /api/phones/{extension}/monitor-stop", "as"),
    ("GET /api/config", "at"),
    ("PUT /api/config", "at"),
    ("GET /api/config/{section}", "ats"),
    ("POST /api/config/{section}", "at"),
    ("GET /api/config/{section}/{key}", "ats"),
    ("PUT /api/config/{section}/{key}", "ats"),
    ("DELETE /api/config/{section}/{key}", "at"),
    ("GET /api/users", "a"),
    ("POST /api/users", "a"),
    ("GET /api/users/{name}", "a"),
    ("PUT /api/users/{name}", "a"),
    ("DELETE /api/users/{name}", "a"),
    ("POST /api/users/{name}/password", "a"),
    ("GET /api/sessions", "a"),
    ("DELETE /api/sessions/{session}", "a"),
    ("GET /api/tokens", "a"),
    ("POST /api/tokens", "a"),
    ("DELETE /api/tokens/{token}", "a"),
    ("GET /api/webhooks", "a"),
    ("POST /api/webhooks", "a"),
    ("PUT /api/webhooks/{webhook}", "a"),
    ("DELETE /api/webhooks/{webhook}", "a"),
    ("POST /api/webhooks/{webhook}/test", "a"),
    ("GET /api/webhooks/{webhook}/dead", "a"),
    ("DELETE /api/webhooks/{webhook}/dead", "a"),
    ("POST /api/webhooks/{webhook}/dead/{event}/retry", "a"),
    ("GET /api/audit", "au"),
    ("GET /api/audit.csv", "au"),
];

const ROLES: [(char, Role); 6] = [
    ('a', Role::Administrator),
    ('t', Role::Technician),
    ('s', Role::Supervisor),
    ('g', Role::Agent),
    ('d', Role::Department),
    ('u', Role::Auditor),
];

/// A path that fits the template and names nothing that is there.
fn real(template: &str) -> String {
    let part = |part: &str| match part.strip_prefix('{') {
        Some("section}") => "queues".to_owned(),
        Some(_) => "99".to_owned(),
        None => part.to_owned(),
    };
    template.split('/').map(part).collect::<Vec<_>>().join("/")
}

fn whom(method: &str, template: &str) -> &'static str {
    let name = format!("{method} {template}");
    let known = ROUTES.iter().find(|(route, _)| *route == name);
    known.unwrap_or_else(|| panic!("{name} is not in this test's table: say for whom it is")).1
}

/// What keeps a request from its route, if the guard does.
fn kept_out(answer: &box_under_test::Answer) -> Option<String> {
    let guards = ["not-logged-in", "password-change-required", "not-your-role", "no-rule"];
    if answer.status != StatusCode::FORBIDDEN && answer.status != StatusCode::UNAUTHORIZED {
        return None;
    }
    Some(answer.problem().0).filter(|kind| guards.contains(&kind.as_str()))
}

#[tokio::test]
async fn every_route_lets_in_the_roles_it_is_for_and_no_other() {
    let under_test = TestBox::new();
    let routes = under_test.document().routes();
    for (route, _) in ROUTES {
        let known = routes.iter().any(|(method, path)| *route == format!("{method} {path}"));
        assert!(known, "{route} is in this test's table and nowhere else");
    }
    let mut cookies = Vec::new();
    for (letter, role) in ROLES {
        let mut other = TestBox::new();
        let cookie = other.cookie_of(role).await;
        // Nobody answers commands here; a route that asks the switch has let the asker in.
        other.commands.close();
        cookies.push((letter, other, cookie));
    }
    for (letter, under_test, cookie) in &cookies {
        for (method, template) in &routes {
            let whom = whom(method, template);
            // These would end the session, or never end.
            if ["/api/logout", "/api/events"].contains(&template.as_str()) && whom != "-" {
                let stream = template == "/api/events";
                if !stream || whom.contains(*letter) {
                    continue;
                }
            }
            let request = TestBox::request(method, &real(template), cookie, "");
            let answer = tokio::time::timeout(Duration::from_secs(20), under_test.send(request));
            let kept = kept_out(&answer.await.unwrap());
            let expected = match whom {
                "-" | "+" => None,
                _ if whom.contains(*letter) => None,
                _ => Some("not-your-role".to_owned()),
            };
            assert_eq!(kept, expected, "{letter} at {method} {template}");
        }
    }
}

#[tokio::test]
async fn every_route_but_the_open_ones_wants_a_login_and_ones_own_password() {
    let under_test = TestBox::new();
    let cookie = under_test.first_cookie().await;
    for (method, template) in under_test.document().routes() {
        let (path, whom) = (real(&template), whom(&method, &template));
        if whom == "-" {
            continue;
        }
        let strange = format!("tipring_session={}", "0".repeat(64));
        for nobody in ["", "tipring_session=x", &strange] {
            let request = TestBox::request(&method, &path, nobody, "");
            let answer = under_test.send(request).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
            assert_eq!(answer.problem().0, "not-logged-in");
        }
        if whom != "+" {
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
        serde_json::json!({"name": "admin", "role": "administrator", "must_change_password": true,
            "queues": [], "agent": null, "extension": null})
    );
    let cookie = answer.header(header::SET_COOKIE).to_owned();
    assert!(cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/; Max-Age=43200"), "{cookie}");
    assert_eq!(under_test.get("/api/me", &cookie).await.status, StatusCode::OK);

    let answer = under_test.post("/api/logout", &cookie, "").await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert!(answer.header(header::SET_COOKIE).contains("Max-Age=0"));
    assert_eq!(under_test.get("/api/me", &cookie).await.status, StatusCode::UNAUTHORIZED);

    let cookie = under_test.first_cookie().await;
    for _ in 0..13 {
        under_test.clock.advance(Duration::from_secs(12 * 3600 / 13));
        assert_eq!(under_test.get("/api/me", &cookie).await.status, StatusCode::OK);
    }
    under_test.clock.advance(Duration::from_secs(13));
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

#[tokio::test(start_paused = true)]
async fn a_body_that_is_announced_and_never_sent_is_given_up() {
    let under_test = TestBox::new();
    let never = tokio_stream::pending::<Result<axum::body::Bytes, std::io::Error>>();
    let request = Request::post("/api/login")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from_stream(never))
        .unwrap();
    let answer = under_test.send(request).await;
    assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT);
    assert_eq!(answer.problem().0, "body-timeout");
}
