//! The listening log: one entry for one person and one recording at a time, and none ever goes.

use rusqlite::Connection;
use tipring_clock::WallTime;
use tipring_line::CallId;
use tipring_store::{Listening, ListeningFilter, Store};

fn heard(who: &str, call: u64, s: i64) -> Listening {
    Listening {
        at: WallTime::from_unix_micros(1_700_000_000_000_000 + s * 1_000_000),
        who: who.into(),
        address: "192.0.2.7".into(),
        call: CallId(call),
        part: 1,
        path: format!("{call}.wav"),
    }
}

#[test]
fn a_player_that_asks_again_and_again_listens_once() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(dir.path(), heard("", 0, 0).at, |_| None).unwrap();
    for listening in [
        heard("li", 7, 0),
        heard("li", 7, 30),
        heard("wang", 7, 40),
        heard("li", 8, 50),
        heard("li", 7, 601),
    ] {
        store.log_listening(listening).unwrap();
    }
    let filter = |who: Option<&str>, call: Option<u64>| ListeningFilter {
        who: who.map(str::to_owned),
        call: call.map(CallId),
        limit: 50,
        ..ListeningFilter::default()
    };
    let reader = store.reader();
    let all = reader.listenings(&filter(None, None)).unwrap();
    let expected =
        [heard("li", 7, 601), heard("li", 8, 50), heard("wang", 7, 40), heard("li", 7, 0)];
    assert_eq!(all.iter().map(|(_, l)| l.clone()).collect::<Vec<_>>(), expected);
    assert_eq!(reader.listenings(&filter(Some("wang"), None)).unwrap().len(), 1);
    assert_eq!(reader.listenings(&filter(None, Some(7))).unwrap().len(), 3);
    let page = ListeningFilter { before: Some(all[1].0), ..filter(None, None) };
    assert_eq!(reader.listenings(&page).unwrap(), all[2..]);
    store.rebuild().unwrap();
    store.close().unwrap();

    let file = Connection::open(dir.path().join("tipring.db")).unwrap();
    assert!(file.execute("DELETE FROM listening", []).is_err());
    assert!(file.execute("UPDATE listening SET who = 'nobody'", []).is_err());
}
