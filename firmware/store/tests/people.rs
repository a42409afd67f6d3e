//! Users, tokens, webhooks and the audit log: each change and the row that tells of it are one.

use rand::SeedableRng;
use rusqlite::Connection;
use tipring_clock::WallTime;
use tipring_events::{Event, EventKind, QueueId};
use tipring_line::CallId;
use tipring_store::{
    AuditEntry, AuditFilter, DEAD_MAX, DeadLetter, Role, Store, User, WebhookChange,
};

fn at(seconds: i64) -> WallTime {
    WallTime::from_unix_micros(1_700_000_000_000_000 + seconds * 1_000_000)
}

fn told(action: &str, target: &str) -> AuditEntry {
    AuditEntry::new(at(0), "admin", action, target)
}

fn open() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), at(0), |_| None).unwrap().0;
    (dir, store)
}

#[test]
fn the_last_administrator_stays() {
    let (_dir, store) = open();
    let admin = User::new("admin", Role::Administrator);
    store.set_user(admin.clone(), "a good long one", [1; 16], told("user-made", "admin")).unwrap();
    assert!(!store.remove_user("admin", told("user-removed", "admin")).unwrap());
    for change in
        [User { disabled: true, ..admin.clone() }, User { role: Role::Supervisor, ..admin.clone() }]
    {
        assert!(!store.change_user(change, told("user-changed", "admin")).unwrap());
    }
    let mut li = User::new("李", Role::Supervisor);
    (li.queues, li.extension) = (vec![QueueId(2)], Some("8001".parse().unwrap()));
    store.set_user(li.clone(), "another long one", [2; 16], told("user-made", "李")).unwrap();
    assert_eq!(store.reader().users().unwrap(), [admin, li.clone()]);
    li.role = Role::Administrator;
    assert!(store.change_user(li.clone(), told("user-changed", "李")).unwrap());
    assert!(store.remove_user("admin", told("user-removed", "admin")).unwrap());
    assert!(!store.remove_user("nobody", told("user-removed", "nobody")).unwrap());
    // What was refused left no row behind.
    let rows = store.reader().audit(&AuditFilter { limit: 100, ..AuditFilter::default() }).unwrap();
    let actions: Vec<_> = rows.iter().map(|row| row.entry.action.as_str()).collect();
    assert_eq!(actions, ["user-removed", "user-changed", "user-made", "user-made"]);
}

#[test]
fn a_disabled_user_does_not_get_in() {
    let (_dir, store) = open();
    store.first_administrator(at(0), &mut rand_chacha::ChaCha8Rng::seed_from_u64(1)).unwrap();
    let mut user = User::new("wang", Role::Auditor);
    store.set_user(user.clone(), "a good long one", [1; 16], told("user-made", "wang")).unwrap();
    let verify = || store.reader().verify_password("wang", "a good long one").unwrap();
    assert_eq!(verify(), Some(user.clone()));
    user.disabled = true;
    assert!(store.change_user(user, told("user-changed", "wang")).unwrap());
    assert_eq!(verify(), None);
}

#[test]
fn the_audit_log_only_grows_and_is_read_page_by_page() {
    let (dir, store) = open();
    for n in 0..7 {
        let mut entry = told(if n % 2 == 0 { "even" } else { "odd" }, "it");
        (entry.at, entry.before, entry.after) = (at(n), None, Some(format!("{{\"n\":{n}}}")));
        store.audit(entry).unwrap();
    }
    let read = |filter: AuditFilter| -> Vec<u64> {
        store.reader().audit(&filter).unwrap().iter().map(|row| row.id).collect()
    };
    let base = AuditFilter { limit: 3, ..AuditFilter::default() };
    assert_eq!(read(base.clone()), [7, 6, 5]);
    assert_eq!(read(AuditFilter { before_id: Some(5), ..base.clone() }), [4, 3, 2]);
    assert_eq!(read(AuditFilter { action: Some("odd".into()), ..base.clone() }), [6, 4, 2]);
    let (from, to) = (Some(at(1)), Some(at(3)));
    assert_eq!(read(AuditFilter { from, to, ..base.clone() }), [3, 2]);
    assert!(read(AuditFilter { who: Some("nobody".into()), ..base }).is_empty());
    store.close().unwrap();

    let file = Connection::open(dir.path().join("tipring.db")).unwrap();
    for spoil in ["DELETE FROM audit", "UPDATE audit SET who = 'x'"] {
        let refused = file.execute(spoil, []).unwrap_err().to_string();
        assert!(refused.contains("only grows"), "{refused}");
    }
}

#[test]
fn a_token_is_found_by_its_hash_until_it_is_taken_away() {
    let (_dir, store) = open();
    let hash = [7; 32];
    let id = store
        .add_token("crm", Role::Supervisor, &[QueueId(1)], hash, told("token-made", "crm"))
        .unwrap();
    store.token_used(id, at(9)).unwrap();
    let token = store.reader().token(hash).unwrap().unwrap();
    assert_eq!((token.id, token.role, token.used), (id, Role::Supervisor, Some(at(9))));
    assert_eq!((token.queues.as_slice(), token.made_by.as_str()), (&[QueueId(1)][..], "admin"));
    assert_eq!(store.reader().token([8; 32]).unwrap(), None);
    assert!(store.remove_token(id, told("token-removed", "crm")).unwrap());
    assert!(!store.remove_token(id, told("token-removed", "crm")).unwrap());
    assert!(store.reader().tokens().unwrap().is_empty());
}

#[test]
fn a_webhook_goes_on_where_it_was_and_keeps_the_newest_dead_letters() {
    let (_dir, store) = open();
    let log = |n: u64| {
        let kind = EventKind::KeyPressed { call: CallId(n), digit: '1' };
        store.log(Event { at: at(0), kind }).unwrap();
        store.flush().unwrap();
    };
    log(1);
    let change = WebhookChange { url: "http://crm/".into(), enabled: true, ..Default::default() };
    let id = store.add_webhook(change.clone(), vec![1], told("webhook-made", "crm")).unwrap();
    log(2);
    let hook = store.reader().webhook(id).unwrap().unwrap();
    assert_eq!(hook.cursor, 1, "it hears of what comes after it was made");
    let events = store.reader().events_after(hook.cursor, 10).unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].body, r#"{"event":"key-pressed","call":2,"digit":"1"}"#);

    let letter = |event| DeadLetter { event, at: at(1), attempts: 6, error: "503".into() };
    let many = (1..=u64::from(DEAD_MAX) + 5).map(letter).collect();
    assert_eq!(store.webhook_told(id, 2, many).unwrap(), 5);
    let dead = store.reader().dead_letters(id).unwrap();
    assert_eq!((dead.len(), dead[0].event), (DEAD_MAX as usize, u64::from(DEAD_MAX) + 5));
    assert_eq!(store.webhook_told(id, 1, Vec::new()).unwrap(), 0);
    assert_eq!(store.reader().webhook(id).unwrap().unwrap().cursor, 2, "it never goes back");

    // While it is off nothing is gathered for it.
    let off = WebhookChange { enabled: false, ..change.clone() };
    assert!(store.change_webhook(id, off, told("webhook-changed", "crm")).unwrap());
    log(3);
    assert!(store.change_webhook(id, change, told("webhook-changed", "crm")).unwrap());
    assert_eq!(store.reader().webhook(id).unwrap().unwrap().cursor, 3);
    assert_eq!(store.forget_dead(id, None, told("dead-forgotten", "crm")).unwrap(), 1000);
    assert!(store.remove_webhook(id, told("webhook-removed", "crm")).unwrap());
}
