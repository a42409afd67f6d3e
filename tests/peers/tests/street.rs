//! The street rings an exchange line: caller id, answer, menu, queue, agent, and busy tone, through
//! the simulated exchange's two wires with their echo and noise.

use std::path::PathBuf;

use tipring_test_peers::acts::{self, Agent};
use tipring_test_peers::alike::assert_heard;
use tipring_test_peers::process::Process;
use tipring_test_peers::site::{AGENTS, Site};
use tipring_test_peers::speech::{self, again_and_again, recorded};
use tipring_test_peers::tipring::TestBox;
use tipring_test_peers::wait::{Deadline, wait_until};
use tipring_test_peers::wav;

const CALLER: &str = "13800138000";

/// A caller in the street, who presses 1 early and then says the same again and again.
struct Street {
    process: Process,
    heard: PathBuf,
}

impl Street {
    fn call(tipring: &TestBox, seconds: u32) -> Self {
        let (say, heard) = (tipring.state().join("say.wav"), tipring.state().join("heard.wav"));
        let said = again_and_again(&recorded(speech::CALLER), 4000, seconds as usize);
        std::fs::write(&say, wav::write(&said)).expect("a temporary file");
        let mut command = tipring.tipring_command(&["sim", "call", "--line", "fxo-1"]);
        command.args(["--from", CALLER, "--press", "1@2s", "--for", &format!("{seconds}s")]);
        command.arg("--say").arg(say).arg("--hear").arg(&heard);
        Street { process: Process::start("tipring sim call", &mut command), heard }
    }

    fn told(&self, what: &str, seconds: u64) {
        let lines = self.process.lines();
        let told = lines.wait_for(Deadline::seconds(seconds), |l| l.contains(what).then_some(()));
        told.unwrap_or_else(|| panic!("never told {what:?}:\n{}", lines.text()));
    }

    fn heard(mut self) -> Vec<i16> {
        let status = self.process.wait(40);
        assert!(status.success(), "{status}: {}", self.process.lines().text());
        wav::read(&std::fs::read(&self.heard).expect("what was heard"))
            .expect("a WAV")
            .swap_remove(0)
    }
}

/// How much of a sound is at 450 Hz, as the busy tone is (GB/T 3380), from 0 to 1.
fn share_of_450_hz(sound: &[i16]) -> f64 {
    let (mut cosine, mut sine, mut energy) = (0.0, 0.0, 0.0);
    for (n, sample) in sound.iter().enumerate() {
        let (angle, sample) =
            (std::f64::consts::TAU * 450.0 * n as f64 / 8000.0, f64::from(*sample));
        cosine += sample * angle.cos();
        sine += sample * angle.sin();
        energy += sample * sample;
    }
    2.0 * (cosine * cosine + sine * sine) / (sound.len() as f64 * energy)
}

#[test]
fn a_caller_from_the_street_speaks_with_an_agent_who_hangs_up() {
    let tipring = TestBox::start(&Site::default());
    let api = tipring.api();
    let (caller, callee) = (recorded(speech::CALLER), recorded(speech::CALLEE));
    let says = again_and_again(&callee, 500, 60);
    let mut agent = Agent::at_baresip(&tipring, &api, "8001", AGENTS[0], &says);
    let street = Street::call(&tipring, 40);
    street.told("fxo-1 rings", 10);
    street.told("answered", 20);
    let from = agent.answer();
    assert!(from.contains(CALLER), "the agent sees {from}");
    api.wait_agent("1001", "talking");
    let began = api.live()["calls"][0]["call"].clone();
    agent.listen(3 * caller.len() + 8000);
    agent.phone.hang_up();
    street.told("busy tone", 10);
    let heard = street.heard();
    api.wait_no_calls();

    let call = api.ended_call(CALLER);
    assert_eq!(call["call"], began);
    assert_eq!(call["source"], "fxo-1");
    assert_eq!(call["caller"], CALLER);
    assert_eq!(call["ended_by"], "callee");
    assert_eq!(acts::segment_kinds(&call), ["ivr", "queue", "ring", "talk"]);
    acts::check_record(&call);
    assert_heard("the caller by the agent", &caller, &agent.phone.heard());
    assert_heard("the agent by the caller", &callee, &heard);
    let (left, right) = api.recording(&call);
    assert_heard("the caller on the left of the recording", &caller, &left);
    assert_heard("the agent on the right of the recording", &callee, &right);
}

#[test]
fn a_caller_from_the_street_hangs_up() {
    let tipring = TestBox::start(&Site::default());
    let api = tipring.api();
    let says = again_and_again(&recorded(speech::CALLEE), 500, 60);
    let mut agent = Agent::at_baresip(&tipring, &api, "8001", AGENTS[0], &says);
    let street = Street::call(&tipring, 12);
    agent.answer();
    street.told("the caller hung up", 40);
    // The exchange tells the box by nothing but busy tone.
    agent.released();
    api.wait_no_calls();
    let call = api.ended_call(CALLER);
    assert_eq!(call["ended_by"], "caller");
    let (left, _) = api.recording(&call);
    let busy = left.chunks_exact(800).filter(|stretch| share_of_450_hz(stretch) > 0.9).count();
    assert!(busy >= 3, "the caller's side of the recording ends without busy tone: {busy}");
    acts::check_record(&call);
    drop(street);

    // The line is free for the next one.
    let again = Street::call(&tipring, 4);
    again.told("answered", 30);
    again.told("is free again", 30);
    wait_until("the second call is over", 20, || {
        (api.json("/api/calls")["calls"].as_array()?.len() == 3).then_some(())
    });
}

#[test]
fn a_wrong_number_of_hertz_is_no_busy_tone() {
    let tone = |hz: f64| -> Vec<i16> {
        let sample = |n: usize| (std::f64::consts::TAU * hz * n as f64 / 8000.0).sin() * 5000.0;
        (0..2000).map(|n| sample(n) as i16).collect()
    };
    assert!(share_of_450_hz(&tone(450.0)) > 0.99);
    assert!(share_of_450_hz(&tone(500.0)) < 0.01);
}
