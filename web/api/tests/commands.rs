//! Every command of the switch has a route; each is done once; a supervisor commands the own queues,
//! an agent the own desktop.

mod box_under_test;

use std::collections::BTreeSet;

use axum::http::{Request, StatusCode};
use box_under_test::TestBox;
use serde_json::{Value, json};
use tipring_clock::Clock;
use tipring_events::*;
use tipring_line::{CallId, Number};
use tipring_store::{AuditFilter, Role};
use tower::ServiceExt;

fn number(text: &str) -> Number {
    text.parse().unwrap()
}

/// Sends a request, answers the command it leads to, and gives both.
async fn ask(
    under_test: &mut TestBox,
    (method, path, body): (&str, &str, &Value),
    cookie: &str,
    reply: Reply,
) -> (Command, StatusCode) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let request = TestBox::request(method, path, cookie, &body);
    let answer = tokio::spawn(under_test.router.clone().oneshot(request));
    let (command, sender) = under_test.commands.recv().await.expect("a command comes");
    sender.send(reply).unwrap();
    (command, answer.await.unwrap().unwrap().status())
}

/// A line for each command: method, path, body, the command's name and its fields, as JSON without
/// white space.
const TABLE: &str = r##"POST /api/agents/login {"work_number":"1001","password":"1","extension":"8001"} agent-log-in {"work_number":"1001","password":"1","extension":"8001"}
POST /api/agents/7/logout null agent-log-out {"agent":7}
POST /api/agents/7/ready null agent-ready {"agent":7}
POST /api/agents/7/not-ready {"reason":"r"} agent-not-ready {"agent":7,"reason":"r"}
POST /api/agents/7/wrap-up {"extend_s":30} agent-wrap-up {"agent":7,"extend_s":30}
POST /api/agents/7/desktop {"present":true} agent-desktop {"agent":7,"present":true}
POST /api/agents/7/leave {"granted":false} agent-leave {"agent":7,"granted":false,"by":"admin"}
POST /api/agents/7/force-not-ready {"reason":"r"} force-not-ready {"agent":7,"reason":"r","by":"admin"}
POST /api/agents/7/force-logout {"reason":"r"} force-log-out {"agent":7,"reason":"r","by":"admin"}
POST /api/calls/5/queue {"queue":2} queue-move {"call":5,"queue":2,"by":"admin"}
POST /api/calls/5/priority {"priority":3} queue-priority {"call":5,"priority":3,"by":"admin"}
POST /api/queues/2/callbacks {"number":"138"} callback-add {"queue":2,"number":"138","by":"admin"}
DELETE /api/queues/2/callbacks/138 null callback-cancel {"queue":2,"number":"138","by":"admin"}
POST /api/spans/e1-1/service {"timeslots":[3],"in_service":false} span-service {"span":"e1-1","timeslots":[3],"in_service":false}
POST /api/calls/5/hangup null hang-up {"call":5,"by":"admin"}
POST /api/calls/5/recording {"order":"pause"} recording {"call":5,"order":"pause","by":"admin"}
POST /api/calls/5/monitor {"mode":"whisper","extension":"8001"} monitor {"call":5,"extension":"8001","mode":"whisper","by":"admin"}
POST /api/calls/5/take-over {"extension":"8001"} take-over {"call":5,"extension":"8001","by":"admin"}
POST /api/phones/8001/hangup null hang-up-phone {"extension":"8001"}
POST /api/phones/8001/dial {"to":"8002","account":null} dial {"extension":"8001","to":"8002","account":null}
POST /api/phones/8001/hold {"held":true} hold {"extension":"8001","held":true}
POST /api/phones/8001/mute {"muted":true} mute {"extension":"8001","muted":true}
POST /api/phones/8001/digits {"digits":"1#"} send-digits {"extension":"8001","digits":"1#"}
POST /api/phones/8001/transfer {"to":"8002"} transfer {"extension":"8001","to":"8002"}
POST /api/phones/8001/consult {"to":"8002"} consult {"extension":"8001","to":"8002"}
POST /api/phones/8001/consult-swap null consult-swap {"extension":"8001"}
POST /api/phones/8001/consult-transfer null consult-transfer {"extension":"8001"}
POST /api/phones/8001/consult-cancel null consult-cancel {"extension":"8001"}
POST /api/phones/8001/conference null conference {"extension":"8001"}
POST /api/phones/8001/conference-add {"to":"8002"} conference-add {"extension":"8001","to":"8002"}
POST /api/phones/8001/park {"place":null} park {"extension":"8001","place":null}
POST /api/phones/8001/unpark {"place":"701"} unpark {"extension":"8001","place":"701"}
POST /api/phones/8001/pick-up {"from":"8002"} pick-up {"extension":"8001","from":"8002"}
POST /api/phones/8001/forward {"when":"busy","to":"8002"} forward {"extension":"8001","when":"busy","to":"8002"}
POST /api/phones/8001/do-not-disturb {"on":true} do-not-disturb {"extension":"8001","on":true}
POST /api/phones/8001/messages {"waiting":true} message-waiting {"extension":"8001","waiting":true}
POST /api/phones/8001/monitor-stop null monitor-stop {"extension":"8001"}"##;

#[tokio::test]
async fn every_command_has_a_route() {
    let mut under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    let mut seen = BTreeSet::new();
    for line in TABLE.lines() {
        let parts: Vec<&str> = line.split(' ').collect();
        let [method, path, body, name, fields] = parts[..] else { panic!("{line}") };
        let (body, mut expected): (Value, Value) =
            (serde_json::from_str(body).unwrap(), serde_json::from_str(fields).unwrap());
        let (command, status) = ask(&mut under_test, (method, path, &body), &cookie, Ok(())).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{line}");
        expected["command"] = json!(name);
        assert_eq!(serde_json::to_value(&command).unwrap(), expected, "{line}");
        seen.insert(name);
    }
    // A command that is new in the vocabulary is refused here until it has a route: serde names
    // every one that it knows when it is given one it does not.
    let unknown = serde_json::from_value::<Command>(json!({"command": "?"})).unwrap_err();
    let text = unknown.to_string();
    let known: BTreeSet<&str> = text.split('`').skip(3).step_by(2).collect();
    assert_eq!(known, seen);
}

#[tokio::test]
async fn a_command_with_a_key_is_done_once() {
    let mut under_test = TestBox::new();
    let cookie = under_test.cookie().await;
    let keyed = |key: &str, path: &str, body: &str| -> Request<axum::body::Body> {
        let mut request = TestBox::request("POST", path, &cookie, body);
        request.headers_mut().insert("idempotency-key", key.parse().unwrap());
        request
    };
    let hold = r#"{"held":true}"#;
    let path = "/api/phones/8001/hold";
    let first = tokio::spawn(under_test.router.clone().oneshot(keyed("\"a\"", path, hold)));
    let (_, reply) = under_test.commands.recv().await.unwrap();
    let running = under_test.send(keyed("\"a\"", path, hold)).await;
    assert_eq!(
        (running.status, running.problem().0.as_str()),
        (StatusCode::CONFLICT, "idempotency-running")
    );
    reply.send(Err(Refusal::NotPossible)).unwrap();
    assert_eq!(first.await.unwrap().unwrap().status(), StatusCode::CONFLICT);

    // The first answer comes again, whatever the state is now, and no command goes out.
    let again = under_test.send(keyed("a", path, hold)).await;
    assert_eq!(again.problem().0, "not-possible");
    assert_eq!(again.headers["idempotent-replayed"], "true");
    for (other, body) in [(path, r#"{"held":false}"#), ("/api/phones/8002/hold", hold)] {
        let reused = under_test.send(keyed("a", other, body)).await;
        assert_eq!(reused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(reused.problem().0, "idempotency-reused");
    }
    assert!(under_test.commands.try_recv().is_err());
    for bad in ["\"\"", "a b", &"x".repeat(129)] {
        assert_eq!(under_test.send(keyed(bad, path, hold)).await.status, StatusCode::BAD_REQUEST);
    }

    // What says "try again" is not kept.
    for reply in [Err(Refusal::Busy), Ok(())] {
        let asked = tokio::spawn(under_test.router.clone().oneshot(keyed("b", path, hold)));
        let (_, sender) = under_test.commands.recv().await.unwrap();
        sender.send(reply).unwrap();
        let status = if reply.is_ok() { 204 } else { 503 };
        assert_eq!(asked.await.unwrap().unwrap().status(), status);
    }
}

/// Call 11 waits for gas, 12 for water; agent 1 (gas) talks in 13, agent 2 (water) in 14.
fn live_state() -> LiveState {
    let waiting = |call| json!({"call": call, "caller": "138", "position": 1, "since_ms": 0, "offered_to": null});
    let queue = |queue, name, call| {
        json!({"queue": queue, "name": name, "waiting": [waiting(call)], "agents_logged_in": 1,
            "agents_ready": 0})
    };
    let agent = |agent: u32, call| {
        json!({"agent": agent, "work_number": format!("100{agent}"), "name": "", "state": "talking",
            "since_ms": 0, "extension": format!("810{agent}"), "reason": "", "call": call})
    };
    let call = |call, segments: Value| {
        json!({"call": call, "source": "fxo-1", "called": "96777", "caller": "+86138#",
            "caller_name": "", "began_ms": 0, "answered": true, "recording": true,
            "segments": segments})
    };
    let segment =
        |kind, handler| json!({"kind": kind, "handler": handler, "began_ms": 0, "ended_ms": null});
    serde_json::from_value(json!({
        "lines": [{"name": "8101", "kind": "fxs", "state": "busy", "calls": 1, "note": ""},
            {"name": "fxo-1", "kind": "fxo", "state": "busy", "calls": 1, "note": ""}],
        "queues": [queue(1, "gas", 11), queue(2, "water", 12)],
        "agents": [agent(1, 13), agent(2, 14)],
        "calls": [
            call(11, json!([segment("queue", "gas")])),
            call(12, json!([segment("queue", "water")])),
            call(13, json!([segment("queue", "gas"), segment("talk", "1001")])),
            call(14, json!([segment("queue", "water"), segment("talk", "1002")])),
        ],
    }))
    .unwrap()
}

fn ids(list: &Value, field: &str) -> Vec<u64> {
    list.as_array().unwrap().iter().map(|item| item[field].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn each_role_sees_its_part_of_the_live_state() {
    for (role, queues, agents, calls, pops) in [
        (Role::Administrator, &[1, 2][..], &[1, 2][..], &[11, 12, 13, 14][..], 1),
        (Role::Technician, &[1, 2], &[1, 2], &[11, 12, 13, 14], 1),
        (Role::Supervisor, &[1], &[1], &[11, 13], 1),
        (Role::Agent, &[1], &[1], &[13], 1),
    ] {
        let mut under_test = TestBox::new();
        let cookie = under_test.cookie_of(role).await;
        under_test.live.publish_state(under_test.clock.wall(), live_state());
        let live = under_test.get("/api/live", &cookie).await.json();
        let state = &live["state"];
        assert_eq!(ids(&state["queues"], "queue"), queues, "{role:?}");
        assert_eq!(ids(&state["agents"], "agent"), agents, "{role:?}");
        assert_eq!(ids(&state["calls"], "call"), calls, "{role:?}");
        assert_eq!(live["pops"].as_array().unwrap().len(), pops, "{role:?}");
        assert_eq!(live["pops"][0]["url"], "https://crm/?n=%2B86138%23");
        let desk = under_test.get("/api/desk", &cookie).await.json();
        let all = queues.len() == 2;
        assert_eq!(ids(&desk["queues"], "queue"), queues, "{role:?}");
        let known: &[u64] = match role {
            Role::Agent => &[1],
            _ if all => &[1, 2, 3],
            _ => &[1, 3],
        };
        assert_eq!(ids(&desk["agents"], "agent"), known, "{role:?}");
    }
}

#[tokio::test]
async fn a_supervisor_commands_the_own_queues_and_an_agent_the_own_desktop() {
    let none = Value::Null;
    let listen = json!({"mode": "listen", "extension": null});
    let reason = json!({"reason": ""});
    for (role, theirs, not_theirs) in [
        (
            Role::Supervisor,
            vec![
                ("/api/agents/1/force-not-ready", &reason),
                ("/api/agents/3/ready", &none),
                ("/api/calls/11/hangup", &none),
                ("/api/calls/13/monitor", &listen),
                ("/api/phones/8001/monitor-stop", &none),
            ],
            vec![
                ("/api/agents/2/force-not-ready", &reason),
                ("/api/calls/12/hangup", &none),
                ("/api/calls/14/monitor", &listen),
                ("/api/calls/99/monitor", &listen),
                ("/api/phones/8101/hangup", &none),
                ("/api/queues/2/callbacks", &none),
            ],
        ),
        (
            Role::Agent,
            vec![("/api/agents/1/ready", &none), ("/api/phones/8101/hangup", &none)],
            vec![
                ("/api/agents/2/ready", &none),
                ("/api/phones/8102/hangup", &none),
                ("/api/calls/14/recording", &none),
                ("/api/calls/11/recording", &none),
                ("/api/queues/2/callbacks", &none),
            ],
        ),
    ] {
        let mut under_test = TestBox::new();
        let cookie = under_test.cookie_of(role).await;
        under_test.live.publish_state(under_test.clock.wall(), live_state());
        for (path, body) in theirs {
            let asked = ask(&mut under_test, ("POST", path, body), &cookie, Ok(())).await;
            assert_eq!(asked.1, StatusCode::NO_CONTENT, "{role:?} {path}");
            if let Command::Monitor { extension, by, .. } = asked.0 {
                assert_eq!((extension, by.as_str()), (number("8001"), "supervisor"));
            }
        }
        for (path, body) in not_theirs {
            let body = if body.is_null() { String::new() } else { body.to_string() };
            let answer = under_test.post(path, &cookie, &body).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role:?} {path}");
            assert_eq!(answer.problem().0, "not-yours", "{role:?} {path}");
        }
    }
}

#[tokio::test]
async fn a_supervisor_listens_at_the_own_phone_only_and_what_was_ordered_is_written_down() {
    let mut under_test = TestBox::new();
    let cookie = under_test.cookie_of(Role::Supervisor).await;
    under_test.live.publish_state(under_test.clock.wall(), live_state());
    let elsewhere = r#"{"mode":"barge","extension":"8007"}"#;
    let answer = under_test.post("/api/calls/13/monitor", &cookie, elsewhere).await;
    assert_eq!(answer.problem().0, "not-yours");
    let choose = |body: &'static str| {
        under_test.send(TestBox::request("PUT", "/api/me/extension", &cookie, body))
    };
    let taken = choose(r#"{"extension":"8101"}"#).await;
    assert_eq!(taken.problem().0, "extension-taken", "an agent is logged in there");
    assert_eq!(choose(r#"{"extension":null}"#).await.status, StatusCode::NO_CONTENT);
    let none = under_test.post("/api/calls/13/take-over", &cookie, r#"{"extension":null}"#).await;
    assert_eq!(none.problem().0, "no-extension-chosen");
    assert_eq!(choose(r#"{"extension":"8007"}"#).await.status, StatusCode::NO_CONTENT);
    let body = json!({"mode": "barge", "extension": null});
    let path = "/api/calls/13/monitor";
    let (command, _) = ask(&mut under_test, ("POST", path, &body), &cookie, Ok(())).await;
    let expected = Command::Monitor {
        call: CallId(13),
        extension: number("8007"),
        mode: MonitorMode::Barge,
        by: "supervisor".into(),
    };
    assert_eq!(command, expected);
    // What the switch refused was not done, and is not written down as done.
    ask(&mut under_test, ("POST", path, &body), &cookie, Err(Refusal::NotPossible)).await;
    let filter = AuditFilter { limit: 10, who: Some("supervisor".into()), ..Default::default() };
    let rows = under_test.store.reader().audit(&filter).unwrap();
    let told: Vec<_> =
        rows.iter().map(|row| (row.entry.action.as_str(), row.entry.target.as_str())).collect();
    assert_eq!(
        told,
        [
            ("call-monitored", "call 13"),
            ("extension-chosen", "supervisor"),
            ("extension-chosen", "supervisor"),
            ("logged-in", "supervisor"),
        ]
    );
    assert_eq!(rows[0].entry.after.as_deref(), Some(r#"{"extension":"8007","mode":"barge"}"#));
}
