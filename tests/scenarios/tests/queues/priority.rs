//! Priority comes from the customer's level, the number dialled and the flow, and rises with the
//! wait if the queue says so. It is never inverted.

use tipring_acd::{CalledConfig, VipConfig};
use tipring_events::{Command, Refusal};
use tipring_ivr::Node;
use tipring_line::CallId;
use tipring_test_scenarios::number;

use crate::{Box, all_hang_up, call, config, desk, newest, opened, places, ready, rest, s};

fn busy(change: impl FnOnce(&mut tipring_acd::AcdConfig)) -> Box {
    let mut w = opened(1, config(change));
    rest(&mut w, 1);
    w
}

#[test]
fn from_the_vip_list_the_number_dialled_and_the_flow() {
    let mut site = config(|acd| {
        acd.vips =
            vec![VipConfig {
                number: number("13911111111"), name: "大客户".into(), priority: 5
            }];
        acd.called = vec![CalledConfig { number: number("95588"), priority: 2 }];
    });
    let wait = site.flows[0].nodes.get_mut("wait").expect("the flow has a queue node");
    let Node::Queue(node) = wait else { panic!("not a queue node") };
    node.priority = 1;
    let mut w = opened(1, site);
    rest(&mut w, 1);
    call(&mut w, "13800138000");
    let by_flow = w.trunk_call("13800138001", "95588");
    w.press(by_flow, "1");
    call(&mut w, "+8613911111111");
    assert_eq!(places(&w), [3, 2, 1]);
    let live = w.live();
    let waiting = &live.queues[0].waiting;
    assert_eq!(waiting.iter().map(|w| w.priority).collect::<Vec<_>>(), [5, 3, 0]);
    assert_eq!(waiting[0].caller_name, "大客户");
    all_hang_up(&mut w);
}

#[test]
fn waiting_adds_to_it_if_the_queue_says_so() {
    for (gain, order) in [(0, [2, 1]), (1, [1, 2])] {
        let mut w = busy(|acd| {
            acd.queues[0].priority_gain_per_minute = gain;
            let number = number("13911111111");
            acd.vips = vec![VipConfig { number, name: String::new(), priority: 3 }];
        });
        call(&mut w, "13800138000");
        w.run(s(240));
        call(&mut w, "13911111111");
        assert_eq!(places(&w), order);
        all_hang_up(&mut w);
    }
}

#[test]
fn a_supervisor_changes_it() {
    let mut w = busy(|_| {});
    call(&mut w, "13800138000");
    call(&mut w, "13800138001");
    let second = newest(&w);
    let order = |call| Command::QueuePriority { call, priority: 9, by: "boss".into() };
    assert_eq!(w.command(order(second)), Ok(()));
    assert_eq!(places(&w), [2, 1]);
    assert_eq!(w.command(order(CallId(77))), Err(Refusal::NoSuchCall));
    ready(&mut w, 1);
    assert_eq!(crate::offers(&w), [(2, 1)]);
    all_hang_up(&mut w);
}

#[test]
fn equal_priorities_by_time() {
    let mut w = desk(1, |_| {});
    rest(&mut w, 1);
    for from in ["13800138000", "13800138001", "13800138002"] {
        call(&mut w, from);
    }
    assert_eq!(places(&w), [1, 2, 3]);
    all_hang_up(&mut w);
}
