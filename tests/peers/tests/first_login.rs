//! The administrator's first password opens nothing but its own change.

use serde_json::json;
use tipring_test_peers::api::Api;
use tipring_test_peers::tipring::TestBox;

#[test]
fn nothing_goes_before_the_password_is_changed() {
    let tipring = TestBox::start_as_it_comes();
    let mut api = Api::new(tipring.http());
    assert_eq!(api.get("/api/live").status, 401);
    assert_eq!(api.log_in("not-the-password").status, 401);
    let answer = api.log_in(tipring.first_password());
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["must_change_password"], true);

    for (method, path) in [
        ("GET", "/api/live"),
        ("GET", "/api/today"),
        ("GET", "/api/calls"),
        ("GET", "/api/calls/1"),
        ("GET", "/api/calls/1/recording"),
        ("GET", "/api/config"),
        ("GET", "/api/events"),
        ("POST", "/api/calls/1/hangup"),
        ("POST", "/api/agents/1/ready"),
    ] {
        let answer = api.ask(method, path, None);
        assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text());
        assert_eq!(answer.json()["type"], "/problems/password-change-required");
    }
    let answer = api.ask("PUT", "/api/config", Some(("application/toml", "language = \"en\"\n")));
    assert_eq!(answer.status, 403);

    let change = |old: &str, new: &str| json!({"old": old, "new": new});
    let first = tipring.first_password();
    assert_eq!(api.post("/api/password", &change(first, "short")).status, 422);
    assert_eq!(api.post("/api/password", &change("wrong-one", "long-enough")).status, 422);
    assert_eq!(api.get("/api/live").status, 403);
    assert_eq!(api.post("/api/password", &change(first, "long-enough")).status, 204);
    assert_eq!(api.get("/api/live").status, 200);

    let mut other = Api::new(tipring.http());
    assert_eq!(other.log_in(first).status, 401);
    assert_eq!(other.log_in("long-enough").json()["must_change_password"], false);
    assert_eq!(other.get("/api/calls").status, 200);
}

#[test]
fn health_figures_and_the_description_are_for_everybody() {
    let tipring = TestBox::start_as_it_comes();
    let api = Api::new(tipring.http());
    let health = api.get("/healthz");
    assert_eq!(health.status, 200, "{}", health.text());
    let metrics = api.get("/metrics");
    assert_eq!(metrics.status, 200);
    assert!(metrics.text().lines().any(|l| l.starts_with("tipring_")), "{}", metrics.text());
    let description = api.get("/api/openapi.json").json();
    assert!(description["paths"]["/api/calls"]["get"].is_object());
}
