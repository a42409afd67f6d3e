//! A branch's day, and what it has to come to.

use tipring_test_scenarios::{DAY_CALLS, branch_day};

#[test]
fn five_thousand_calls_forty_agents_six_queues() {
    let day = branch_day(1);
    println!("{day}");
    assert_eq!(day.calls, u64::from(DAY_CALLS));
    let offered: u64 = day.queues.iter().map(|queue| queue.offered).sum();
    assert_eq!(offered, u64::from(DAY_CALLS));
    for queue in &day.queues {
        assert_eq!(queue.offered, queue.answered + queue.abandoned + queue.otherwise);
    }
    // One day is a small sample of a queue whose waits hang together; the long run is compared
    // more closely where the queues are driven alone.
    let (queue, erlang) = (&day.queues[5], day.erlang.expect("Erlang C of the last queue"));
    assert_eq!(queue.answered, queue.offered, "nobody gives up there");
    assert!((queue.waits() - erlang.waits).abs() < 0.3 * erlang.waits, "{day}");
    assert!((queue.mean_wait_s() - erlang.mean_wait_s).abs() < 0.5 * erlang.mean_wait_s, "{day}");
}
