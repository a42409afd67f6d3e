//! Flows read from TOML: what is wrong with them is said so that it can be mended.

use tipring_ivr::{Flow, Names, Program, check};

const GOOD: &str = r#"
name = "main"
start = "hello"

[node.hello.play]
say = ["greeting"]
next = "menu"

[node.menu.menu]
say = ["menu-main"]
keys = { 1 = "wait", "*" = "menu", 2 = "english" }
wait = { timeout_s = 4, tries = 2 }
next = "bye"

[node.english.language]
language = "en"
next = "menu"

[node.wait.queue]
queue = "service"
full = "bye"
no_agents = "bye"
timeout = "bye"

[node.bye.hangup]
say = ["goodbye"]
"#;

fn faults(toml: &str) -> Vec<String> {
    let flow: Flow = toml::from_str(toml).unwrap();
    let prompts = ["greeting", "menu-main", "goodbye", "wrong-key", "no-key"];
    let names = Names { queues: &["service"], calendars: &["office"], prompts: Some(&prompts) };
    check(&flow, names).iter().map(ToString::to_string).collect()
}

#[test]
fn a_good_flow_has_no_faults_and_reads_back_from_what_it_writes() {
    assert_eq!(faults(GOOD), Vec::<String>::new());
    let flow: Flow = toml::from_str(GOOD).unwrap();
    assert_eq!(toml::from_str::<Flow>(&toml::to_string(&flow).unwrap()).unwrap(), flow);
    assert!(Program::new(&flow).is_ok());
}

#[test]
fn a_missing_node_is_named_with_the_nearest() {
    let wrong = GOOD.replace(r#"1 = "wait""#, r#"1 = "wiat""#);
    assert_eq!(
        faults(&wrong),
        // That no way leads to "wait" follows from it, and is not said.
        [r#"flow "main", node "menu", key 1: there is no node "wiat"; did you mean "wait"?"#]
    );
    assert!(Program::new(&toml::from_str(&wrong).unwrap()).is_err());
}

#[test]
fn a_missing_start_is_named() {
    let wrong = GOOD.replace(r#"start = "hello""#, r#"start = "zzz""#);
    assert_eq!(faults(&wrong)[0], r#"flow "main", start: there is no node "zzz""#);
}

#[test]
fn a_missing_queue_and_a_missing_prompt_are_named() {
    let wrong = GOOD.replace(r#"queue = "service""#, r#"queue = "servise""#);
    let queue = r#"flow "main", node "wait": there is no queue "servise"; did you mean "service"?"#;
    assert_eq!(faults(&wrong), [queue]);
    let wrong = GOOD.replace(r#"["greeting"]"#, r#"["greting"]"#);
    let prompt =
        r#"flow "main", node "hello": there is no prompt "greting"; did you mean "greeting"?"#;
    assert_eq!(faults(&wrong), [prompt]);
}

#[test]
fn a_circle_without_waiting_is_found() {
    let wrong = GOOD.replace("next = \"menu\"\n\n[node.menu", "next = \"hello\"\n\n[node.menu");
    assert!(faults(&wrong).iter().any(|f| f.contains("comes back to itself")), "{wrong}");
    let wrong = GOOD.replace(r#"no_agents = "bye""#, r#"no_agents = "wait""#);
    assert!(faults(&wrong)[0].contains("comes back to itself"));
}

#[test]
fn a_menu_needs_keys_and_tries() {
    let wrong = GOOD
        .replace(r#"keys = { 1 = "wait", "*" = "menu", 2 = "english" }"#, "keys = {}")
        .replace("tries = 2", "tries = 0");
    let all = faults(&wrong).join("\n");
    assert!(all.contains("a menu needs at least one key"), "{all}");
    assert!(all.contains("must be at least 1"), "{all}");
}

#[test]
fn unknown_keys_and_kinds_are_refused_with_their_line() {
    for (wrong, what) in [
        (GOOD.replace("timeout_s = 4", "timeot_s = 4"), "timeot_s"),
        (GOOD.replace("[node.bye.hangup]", "[node.bye.hangupp]"), "hangupp"),
        (GOOD.replace("2 = \"english\"", "22 = \"english\""), "is not a key"),
    ] {
        let error = toml::from_str::<Flow>(&wrong).unwrap_err().to_string();
        assert!(error.contains(what) && error.contains("line"), "{error}");
    }
}
