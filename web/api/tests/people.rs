//! Users, sessions, tokens and the audit log over HTTP; entries of the configuration with their
//! tags.

mod box_under_test;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use box_under_test::TestBox;
use serde_json::{Value, json};
use tipring_api::{ServedByTls, WebhookOrder};
use tipring_store::Role;
use tower::ServiceExt;

fn with(mut request: Request<Body>, name: &'static str, value: &str) -> Request<Body> {
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

fn matching(method: &str, path: &str, cookie: &str, tag: &str, body: &Value) -> Request<Body> {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    with(TestBox::request(method, path, cookie, &body), "if-match", tag)
}

#[tokio::test]
async fn an_administrator_makes_changes_and_takes_away_users() {
    let under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    let user =
        json!({"name": "李四", "password": "first of many", "role": "supervisor", "queues": [1]});
    let made = under_test.post("/api/users", &cookie, &user.to_string()).await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(
        under_test.post("/api/users", &cookie, &user.to_string()).await.problem().0,
        "user-exists"
    );
    for (field, bad) in [("name", "a b"), ("name", ""), ("password", "short"), ("role", "agent")] {
        let mut user = user.clone();
        user[field] = json!(bad);
        let answer = under_test.post("/api/users", &cookie, &user.to_string()).await;
        assert_eq!(answer.problem().0, "bad-user", "{field}");
    }

    let theirs = under_test.log_in("李四", "first of many").await;
    assert_eq!(theirs.json()["must_change_password"], true);
    let their_cookie = theirs.header(header::SET_COOKIE).split(';').next().unwrap().to_owned();

    let path = "/api/users/%E6%9D%8E%E5%9B%9B";
    let seen = under_test.get(path, &cookie).await;
    let tag = seen.header(header::ETAG).to_owned();
    let change = json!({"role": "auditor", "queues": [], "extension": null, "disabled": false});
    let put = |tag: &str| under_test.send(matching("PUT", path, &cookie, tag, &change));
    let bare = TestBox::request("PUT", path, &cookie, &change.to_string());
    assert_eq!(under_test.send(bare).await.status, StatusCode::PRECONDITION_REQUIRED);
    assert_eq!(put("\"other\"").await.problem().0, "changed-meanwhile");
    assert_eq!(put(&tag).await.status, StatusCode::NO_CONTENT);
    assert_eq!(put(&tag).await.status, StatusCode::PRECONDITION_FAILED, "it was changed just now");
    // What somebody may do has changed, so whoever is logged in has to log in again.
    assert_eq!(under_test.get("/api/me", &their_cookie).await.status, StatusCode::UNAUTHORIZED);

    let alone = matching("DELETE", "/api/users/admin", &cookie, "*", &Value::Null);
    assert_eq!(under_test.send(alone).await.problem().0, "last-administrator");
    let given = json!({"password": "second of many"}).to_string();
    let answer = under_test.post(&format!("{path}/password"), &cookie, &given).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(under_test.log_in("李四", "first of many").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(under_test.log_in("李四", "second of many").await.status, StatusCode::OK);
    let gone = matching("DELETE", path, &cookie, "*", &Value::Null);
    assert_eq!(under_test.send(gone).await.status, StatusCode::NO_CONTENT);
    assert_eq!(under_test.get(path, &cookie).await.problem().0, "no-such-user");

    let log = under_test.get("/api/audit?target=%E6%9D%8E%E5%9B%9B&limit=3", &cookie).await.json();
    let actions: Vec<_> =
        log["rows"].as_array().unwrap().iter().map(|row| row["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["user-removed", "logged-in", "password-given"]);
    assert!(!log.to_string().contains("of many"), "no password is ever written down");
    let next = format!("/api/audit?target=%E6%9D%8E%E5%9B%9B&after={}", log["next"]);
    let rest = under_test.get(&next, &cookie).await.json();
    assert_eq!(rest["rows"][0]["action"], "user-changed");
    assert_eq!(rest["rows"][0]["before"]["role"], "supervisor");
    assert_eq!(rest["rows"][0]["after"]["role"], "auditor");
    assert_eq!(rest["next"], Value::Null);
    let csv = under_test.get("/api/audit.csv?action=user-changed", &cookie).await.text();
    assert_eq!(csv.lines().count(), 2, "{csv}");
    // The test's requests come from no address.
    assert!(csv.lines().nth(1).unwrap().contains("\"admin\",\"\",\"user-changed\""), "{csv}");
}

#[tokio::test]
async fn somebody_is_put_out_and_a_cookie_keeps_to_tls() {
    let mut under_test = TestBox::new();
    let other = under_test.cookie_of(Role::Auditor).await;
    let cookie = under_test.cookie().await;
    let list = under_test.get("/api/sessions", &cookie).await.json();
    let sessions = list["sessions"].as_array().unwrap();
    let theirs = sessions.iter().find(|s| s["name"] == "auditor").unwrap();
    assert!(sessions.iter().any(|s| s["own"] == true && s["name"] == "admin"));
    let path = format!("/api/sessions/{}", theirs["session"].as_str().unwrap());
    let end = || TestBox::request("DELETE", &path, &cookie, "");
    assert_eq!(under_test.send(end()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(under_test.get("/api/me", &other).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(under_test.send(end()).await.problem().0, "no-such-session");

    let body = json!({"name": "auditor", "password": "a good long one"}).to_string();
    let mut request = TestBox::request("POST", "/api/login", "", &body);
    request.extensions_mut().insert(ServedByTls);
    let answer = under_test.send(request).await;
    assert!(answer.header(header::SET_COOKIE).ends_with("; Secure"));
}

#[tokio::test]
async fn other_software_asks_with_a_token_until_it_is_taken_away() {
    let mut under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    let body = json!({"name": "crm", "role": "supervisor", "queues": [1]}).to_string();
    let made = under_test.post("/api/tokens", &cookie, &body).await.json();
    let key = made["key"].as_str().unwrap().to_owned();
    let ask = |path: &str, key: &str| {
        let request = TestBox::request("GET", path, "", "");
        under_test.send(with(request, "authorization", &format!("Bearer {key}")))
    };
    let me = ask("/api/me", &key).await.json();
    assert_eq!((&me["name"], &me["role"]), (&json!("token crm"), &json!("supervisor")));
    assert_eq!(ask("/api/users", &key).await.problem().0, "not-your-role");
    assert_eq!(ask("/api/me", "tipring_0").await.status, StatusCode::UNAUTHORIZED);
    let list = under_test.get("/api/tokens", &cookie).await;
    assert!(!list.text().contains(&key), "the key is shown once");
    let request = TestBox::request("GET", "/api/events", "", "");
    let request = with(request, "authorization", &format!("Bearer {key}"));
    let stream = under_test.router.clone().oneshot(request).await.unwrap();
    assert_eq!(stream.status(), StatusCode::OK);
    drop(stream);
    let path = format!("/api/tokens/{}", made["token"]);
    let gone = under_test.send(TestBox::request("DELETE", &path, &cookie, "")).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(ask("/api/me", &key).await.status, StatusCode::UNAUTHORIZED);
    let agent = json!({"name": "x", "role": "agent", "queues": []}).to_string();
    assert_eq!(under_test.post("/api/tokens", &cookie, &agent).await.problem().0, "bad-token");
    assert!(under_test.webhook_orders.try_recv().is_err());
}

#[tokio::test]
async fn an_entry_is_changed_as_it_was_seen_and_keeps_its_secrets() {
    let under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    let document = "[[agent]]\nid = 1\nwork_number = \"1001\"\npassword = \"4711\"\nqueues = [\"gas\"]\n\
        [[queue]]\nid = 1\nname = \"gas\"\n[[queue]]\nid = 2\nname = \"water\"\n";
    under_test.config.0.lock().unwrap().0 = document.to_owned();
    let list = under_test.get("/api/config/queues", &cookie).await.json();
    assert_eq!(list["entries"][1]["key"], "2");
    let path = "/api/config/agents/1";
    let seen = under_test.get(path, &cookie).await;
    let tag = seen.header(header::ETAG).to_owned();
    assert!(!seen.text().contains("4711"), "secrets are written, never read");
    let change = json!({"work_number": "1009", "queues": ["water"]});
    let put = |tag: &str| under_test.send(matching("PUT", path, &cookie, tag, &change));
    assert_eq!(put(&tag).await.status, StatusCode::NO_CONTENT);
    let (now, who) = under_test.config.0.lock().unwrap().clone();
    assert!(now.contains("4711") && now.contains("1009") && now.contains("id = 1"), "{now}");
    assert_eq!(who, "admin");
    assert_eq!(put(&tag).await.problem().0, "changed-meanwhile");
    let wrong = under_test.post("/api/config/queues", &cookie, r#"{"name":"wrong"}"#).await;
    assert_eq!(wrong.problem().0, "bad-configuration");
    let null = under_test.post("/api/config/queues", &cookie, r#"{"name":null}"#).await;
    assert_eq!(null.status, StatusCode::UNPROCESSABLE_ENTITY);
    let gone = matching("DELETE", "/api/config/queues/2", &cookie, "*", &Value::Null);
    assert_eq!(under_test.send(gone).await.status, StatusCode::NO_CONTENT);
    assert!(!under_test.config.0.lock().unwrap().0.contains("name = \"water\""));
    assert_eq!(
        under_test.get("/api/config/nothing", &cookie).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn a_supervisor_changes_the_own_queues_entries_but_no_password() {
    let mut under_test = TestBox::new();
    let cookie = under_test.cookie_of(Role::Supervisor).await;
    let document = "[[agent]]\nid = 1\nwork_number = \"1001\"\npassword = \"4711\"\n\
        [[queue]]\nid = 1\nname = \"gas\"\nring_s = 20\n[[queue]]\nid = 2\nname = \"water\"\n";
    under_test.config.0.lock().unwrap().0 = document.to_owned();
    let list = under_test.get("/api/config/queues", &cookie).await.json();
    assert_eq!(list["entries"].as_array().unwrap().len(), 1);
    assert_eq!(under_test.get("/api/config/queues/2", &cookie).await.problem().0, "no-such-entry");
    assert!(under_test.get("/api/config/extensions", &cookie).await.json()["entries"] == json!([]));
    let put = |path: &str, body: Value| under_test.send(matching("PUT", path, &cookie, "*", &body));
    let ring = put("/api/config/queues/1", json!({"name": "gas", "ring_s": 15})).await;
    assert_eq!(ring.status, StatusCode::NO_CONTENT);
    let name = put("/api/config/queues/1", json!({"name": "mine", "ring_s": 15})).await;
    assert_eq!(name.problem().0, "not-your-role");
    let secret = put("/api/config/agents/1", json!({"work_number": "1001", "password": "1"})).await;
    assert_eq!(secret.problem().0, "not-your-role");
    assert_eq!(
        put("/api/config/queues/2", json!({"name": "water"})).await.problem().0,
        "no-such-entry"
    );
}

#[tokio::test]
async fn a_webhook_is_made_tested_and_taken_away() {
    let mut under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    let body = json!({"name": "crm", "url": "http://127.0.0.1:9/x", "events": [], "queues": [],
        "enabled": true});
    let made = under_test.post("/api/webhooks", &cookie, &body.to_string()).await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert!(made.json()["secret"].as_str().unwrap().starts_with("whsec_"));
    assert!(matches!(under_test.webhook_orders.try_recv(), Ok(WebhookOrder::Changed)));
    for bad in ["ftp://x/", "http://", "crm"] {
        let mut body = body.clone();
        body["url"] = json!(bad);
        let answer = under_test.post("/api/webhooks", &cookie, &body.to_string()).await;
        assert_eq!(answer.problem().0, "bad-webhook", "{bad}");
    }
    let request = TestBox::request("POST", "/api/webhooks/1/test", &cookie, "");
    let tested = tokio::spawn(under_test.router.clone().oneshot(request));
    let Some(WebhookOrder::SendNow { reply, body, .. }) = under_test.webhook_orders.recv().await
    else {
        panic!("the sender is asked to send");
    };
    assert!(body.contains(r#""event":"test""#), "{body}");
    reply.send(Ok(204)).unwrap();
    assert_eq!(tested.await.unwrap().unwrap().status(), StatusCode::OK);
    let list = under_test.get("/api/webhooks", &cookie).await.json();
    assert_eq!(list["webhooks"][0]["dead"], 0);
    assert_eq!(under_test.get("/api/webhooks/1/dead", &cookie).await.json(), json!({"dead": []}));
    let retry = under_test.post("/api/webhooks/1/dead/7/retry", &cookie, "").await;
    assert_eq!(retry.problem().0, "no-such-letter");
    let gone = TestBox::request("DELETE", "/api/webhooks/1", &cookie, "");
    assert_eq!(under_test.send(gone).await.status, StatusCode::NO_CONTENT);
    assert_eq!(
        under_test.get("/api/webhooks/1/dead", &cookie).await.problem().0,
        "no-such-webhook"
    );
}
