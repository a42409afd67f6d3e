//! Position, expected wait and number of waiting callers: each on, off, or only above a threshold.

use tipring_acd::{AnnounceConfig, Threshold};
use tipring_test_scenarios::Hears;
use tipring_tts::Utterance;

use crate::{Box, all_hang_up, call, desk, rest, s};

fn announcing(announce: AnnounceConfig) -> Box {
    let mut w = desk(1, |acd| {
        acd.queues[0].announce_s = 20;
        acd.queues[0].announce = announce;
    });
    rest(&mut w, 1);
    w
}

/// The prompts that a channel hears, with the number in them.
fn heard(w: &Box, channel: tipring_line::ChannelId) -> Vec<(String, Option<i64>)> {
    let Hears::Prompt(_, say) = w.hears(channel) else { return vec![] };
    let one = |piece: Utterance| match piece {
        Utterance::Prompt(key) => (key, None),
        Utterance::Template { key, values } => match values[..] {
            [Utterance::Number(n)] => (key, Some(n)),
            _ => (key, None),
        },
        other => panic!("{other:?} is not said to those who wait"),
    };
    say.into_iter().map(one).collect()
}

#[test]
fn each_on_or_off() {
    let off = AnnounceConfig { position: Threshold::Off, ..AnnounceConfig::default() };
    let mut w = announcing(off.clone());
    let caller = call(&mut w, "13800138000");
    assert_eq!(heard(&w, caller), [("queue-all-busy".into(), None)]);
    w.run(s(60));
    assert_eq!(w.hears(caller), Hears::Music, "nothing to say, and so no announcement");
    all_hang_up(&mut w);

    let mut w = announcing(AnnounceConfig { waiting: Threshold::On, ..off });
    let caller = call(&mut w, "13800138000");
    assert_eq!(
        heard(&w, caller),
        [("queue-all-busy".into(), None), ("queue-waiting".into(), Some(1))]
    );
    all_hang_up(&mut w);
}

#[test]
fn only_above_a_threshold() {
    let mut w = announcing(AnnounceConfig {
        position: Threshold::Above(2),
        waiting: Threshold::Above(3),
        ..AnnounceConfig::default()
    });
    let callers: Vec<_> = (0..4).map(|n| call(&mut w, &format!("1380013800{n}"))).collect();
    let said: Vec<_> = callers.iter().map(|caller| heard(&w, *caller)[1..].to_vec()).collect();
    assert_eq!(said[0], []);
    assert_eq!(said[1], []);
    assert_eq!(said[2], [("queue-position".into(), Some(2))]);
    let position = ("queue-position".to_owned(), Some(3));
    assert_eq!(said[3], [position, ("queue-waiting".into(), Some(4))]);
    all_hang_up(&mut w);
}
