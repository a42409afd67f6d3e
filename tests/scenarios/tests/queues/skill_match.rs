//! Skill match: the caller's required skills with minimum levels, relaxed step by step as the wait
//! grows; of those who fit, the best.

use std::collections::BTreeMap;

use tipring_acd::{AcdConfig, Relax, Strategy};
use tipring_ivr::Node;

use crate::{Box, all_hang_up, config, offers, opened, ready, rest, s};

/// A flow asks for English of at least 50; agents have 80, 60, 30 and none.
fn english() -> Box {
    let skilled = |acd: &mut AcdConfig| {
        acd.queues[0].strategy = Strategy::SkillMatch;
        acd.queues[0].relax = vec![Relax { after_s: 30, by: 20 }, Relax { after_s: 60, by: 100 }];
        for (agent, level) in acd.agents.iter_mut().zip([60, 80, 30, 0]) {
            agent.skills = BTreeMap::from([("english".to_owned(), level)]);
        }
    };
    let mut config = config(skilled);
    let wait = config.flows[0].nodes.get_mut("wait").expect("the flow has a queue node");
    let Node::Queue(node) = wait else { panic!("not a queue node") };
    node.skills = BTreeMap::from([("english".to_owned(), 50)]);
    opened(4, config)
}

fn caller(w: &mut Box) {
    let caller = w.trunk_call("13800138000", "95588");
    w.press(caller, "1");
}

#[test]
fn the_best_of_those_who_can() {
    let mut w = english();
    caller(&mut w);
    assert_eq!(offers(&w), [(1, 2)]);
    caller(&mut w);
    assert_eq!(offers(&w)[1..], [(2, 1)]);
    caller(&mut w);
    assert_eq!(offers(&w).len(), 2, "thirty are too few for the third caller");
    all_hang_up(&mut w);
}

#[test]
fn less_is_asked_as_the_wait_grows() {
    let mut w = english();
    rest(&mut w, 1);
    rest(&mut w, 2);
    caller(&mut w);
    w.run(s(29));
    assert_eq!(offers(&w), []);
    w.run(s(1));
    assert_eq!(offers(&w), [(1, 3)], "fifty less twenty");
    rest(&mut w, 3);
    w.run(s(29));
    assert_eq!(offers(&w).len(), 1);
    w.run(s(1));
    assert_eq!(offers(&w)[1..], [(1, 4)], "nothing is asked any more");
    ready(&mut w, 3);
    all_hang_up(&mut w);
}
