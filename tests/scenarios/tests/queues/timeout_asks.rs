//! After `timeout_s` the caller is asked what to do, and not thrown out.

use tipring_events::QueueOutcome;

use crate::{all_hang_up, call, desk, places, rest, s, waits};

#[test]
fn asked_again_and_again_until_a_key() {
    let mut w = desk(1, |acd| acd.queues[0].timeout_s = 60);
    rest(&mut w, 1);
    let caller = call(&mut w, "13800138000");
    for _ in 0..5 {
        w.run(s(59));
        assert!(!w.hears_prompt(caller, "queue-choice"));
        w.run(s(1));
        assert!(w.hears_prompt(caller, "queue-timeout") && w.hears_prompt(caller, "queue-choice"));
    }
    assert_eq!((places(&w), waits(&w)), (vec![1], vec![]), "five minutes later it still waits");
    w.press(caller, "1");
    assert_eq!(
        w.hears(caller),
        tipring_test_scenarios::Hears::Music,
        "the answer is heard at once"
    );
    w.run(s(60));
    w.press(caller, "3");
    assert_eq!(waits(&w), [(1, QueueOutcome::CallbackRequested, None)]);
    all_hang_up(&mut w);
}
