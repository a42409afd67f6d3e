//! Calls between SIP phones and a simulated E1 span, by the box as a process: both hear each
//! other, and the recording holds both.

use std::path::PathBuf;

use tipring_test_peers::acts;
use tipring_test_peers::alike::assert_heard;
use tipring_test_peers::process::Process;
use tipring_test_peers::site::Site;
use tipring_test_peers::speech::{self, again_and_again, recorded};
use tipring_test_peers::tipring::TestBox;
use tipring_test_peers::wait::{speak_for, wait_until};
use tipring_test_peers::wav;

const CALLER: &str = "13800138000";
/// Long enough for everything said to be said twice after the first seconds: a recording begun in
/// the talk settles in a pause of them where its sides belong.
const TALK_S: u64 = 20;

/// A box whose span is there: spans are opened when the box starts.
fn start() -> TestBox {
    let mut tipring = TestBox::start(&Site { span: true, ..Site::default() });
    tipring.stop();
    tipring.restart();
    tipring
}

/// A sound as a file for `tipring`.
fn file(tipring: &TestBox, name: &str, said: &[i16]) -> PathBuf {
    let path = tipring.state().join(name);
    std::fs::write(&path, wav::write(said)).expect("a temporary file");
    path
}

fn wait_up(api: &tipring_test_peers::api::Api) {
    wait_until("the span's data link is up", 20, || {
        (api.live()["spans"][0]["status"]["link"] == "up").then_some(())
    });
}

#[test]
fn a_caller_over_the_span_speaks_with_a_sip_phone_and_is_recorded() {
    let tipring = start();
    let api = tipring.api();
    wait_up(&api);
    let (caller, callee) = (recorded(speech::CALLER), recorded(speech::CALLEE));
    let mut phone = acts::phone(&tipring, "8001", &again_and_again(&callee, 0, 60));
    let (say, heard) = (file(&tipring, "say.wav", &caller), tipring.state().join("heard.wav"));
    let arguments = ["sim", "e1", "--span", "e1", "--to", "88888001", "--from", CALLER];
    let mut command = tipring.tipring_command(&arguments);
    command.args(["--for", &format!("{TALK_S}s")]);
    command.arg("--say").arg(&say).arg("--hear").arg(&heard);
    let mut street = Process::start("tipring sim e1", &mut command);
    let from = phone.answer(1);
    assert!(from.contains(CALLER), "the callee sees {from}");
    wait_until("the live state shows the channel in use", 5, || {
        (api.live()["spans"][0]["in_use"] == 1).then_some(())
    });
    let began = api.live()["calls"][0]["call"].as_u64().expect("a call");
    let order = serde_json::json!({"order": "start"});
    let answer = api.post(&format!("/api/calls/{began}/recording"), &order);
    assert_eq!(answer.status, 204, "{}", answer.text());
    let status = street.wait(TALK_S + 20);
    assert!(status.success(), "{status}: {}", street.lines().text());
    phone.ended(1);
    api.wait_no_calls();
    let bytes = std::fs::read(&heard).expect("what was heard");
    let heard = wav::read(&bytes).expect("a WAV").swap_remove(0);
    assert_heard("the caller by the phone", &caller, &phone.heard());
    assert_heard("the phone by the caller", &callee, &heard);
    let call = api.ended_call(CALLER);
    assert_eq!((call["source"].as_str(), call["called"].as_str()), (Some("e1"), Some("8001")));
    assert_eq!((&call["ended_by"], &call["disposition"]), (&"caller".into(), &"answered".into()));
    acts::check_record(&call);
    let (left, right) = api.recording(&call);
    assert_heard("the caller on the left of the recording", &caller, &left);
    assert_heard("the phone on the right of the recording", &callee, &right);
}

#[test]
fn a_sip_phone_calls_out_over_the_span_and_around_it_when_it_is_out() {
    let tipring = start();
    let api = tipring.api();
    wait_up(&api);
    let (caller, callee) = (recorded(speech::CALLER), recorded(speech::CALLEE));
    let say = file(&tipring, "say.wav", &callee);
    let set = |arguments: &[&str]| {
        let mut command = tipring.tipring_command(&["sim", "e1-set", "--span", "e1"]);
        let output = command.args(arguments).output().expect("tipring runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    set(&["--called", "answers", "--say", &say.to_string_lossy()]);
    let mut phone = acts::phone(&tipring, "8001", &again_and_again(&caller, 0, 60));
    phone.command("dial", "988889999");
    phone.event("CALL_ESTABLISHED", 1, 20);
    speak_for(std::time::Duration::from_secs(TALK_S));
    phone.hang_up();
    api.wait_no_calls();
    assert_heard("the called party by the phone", &callee, &phone.heard());
    let call = api.ended_call("8001");
    // Calls to the outside are recorded unless the configuration says otherwise.
    let (left, right) = api.recording(&call);
    assert_heard("the phone on the left of the recording", &caller, &left);
    assert_heard("the called party on the right of the recording", &callee, &right);

    set(&["--fault", "no-signal"]);
    wait_until("the page says what is wrong", 10, || {
        let status = &api.live()["spans"][0]["status"];
        status["trouble"].as_str()?.contains("no signal (LOS)").then_some(())
    });
    assert!(tipring.text().contains("plug the cable in"), "{}", tipring.text());
    set(&["--fault", "none"]);
    wait_up(&api);
}

#[test]
fn a_callers_key_is_heard_in_the_channels_audio() {
    let tipring = start();
    let api = tipring.api();
    wait_up(&api);
    // No extension has the number: the span's flow takes the call.
    let arguments = ["sim", "e1", "--span", "e1", "--to", "88888055", "--from", CALLER];
    let mut command = tipring.tipring_command(&arguments);
    command.args(["--press", "1@2s", "--for", "40s"]);
    let mut street = Process::start("tipring sim e1", &mut command);
    assert!(street.wait(60).success(), "{}", street.lines().text());
    api.wait_no_calls();
    let call = api.ended_call(CALLER);
    assert_eq!(call["ended_by"], "box", "{call:#}");
    // The key led to the queue, where no agent is.
    assert_eq!(call["visits"][0]["outcome"], "refused", "{call:#}");
}

#[test]
fn a_span_that_is_not_there_is_one_line_and_the_box_works() {
    let mut tipring = TestBox::start_as_it_comes();
    let toml = format!("{}{GONE}", Site::default().to_toml());
    tipring.import(&toml);
    tipring.stop();
    tipring.restart();
    let api = tipring.api();
    let trouble = wait_until("the page says what is wrong", 10, || {
        let live = api.live();
        let line = live["lines"].as_array()?.iter().find(|line| line["name"] == "gone")?.clone();
        (line["state"] == "alarm").then(|| live["spans"][0]["status"]["trouble"].clone())
    });
    let trouble = trouble.as_str().expect("words");
    assert!(trouble.to_lowercase().contains("dahdi") && !trouble.contains('\n'), "{trouble}");
    assert_eq!(tipring.text().matches("gone: ").count(), 1, "{}", tipring.text());
}

/// A span of a card that this machine has not.
const GONE: &str = r#"
[[span]]
name = "gone"
dahdi = 128
signalling = "pri-user"
"#;
