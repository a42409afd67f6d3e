//! What a handset's line carries is read by minimodem: who calls, who waits, messages waiting.

use std::process::Command;

use crate::common::{FxsRig, caller, fxs_with};
use tipring_analog::{FskSending, Fxs, FxsSettings, MessageLamp};
use tipring_clock::{Duration, Instant};
use tipring_dsp::caller_id::{CallTime, Message, MessageForm, Modem, NameEncoding};
use tipring_line::{
    AnalogPort, ChannelCommand, ChannelEvent, Endpoint, Frame, FrameChannel, PortCommand,
    PortError, PortEvent, PortId, PortKind, SILENCE,
};
use tipring_sim::{Display, EndsOn, HandsetPlan, LineModel, SimFxsPort, Telephone, write_wav};

const MODEMS: [Modem; 2] = [Modem::Bell202, Modem::V23];
const FORMS: [MessageForm; 2] = [MessageForm::Mdmf, MessageForm::Sdmf];
/// What a channel without a calendar says.
const NO_TIME: CallTime = CallTime { month: 1, day: 1, hour: 0, minute: 0 };

/// The octets minimodem reads from what a handset heard.
fn read(modem: Modem, name: &str, samples: &[i16]) -> Vec<u8> {
    let file = std::env::temp_dir().join(format!("tipring-{name}-{}.wav", std::process::id()));
    std::fs::write(&file, write_wav(samples)).expect("the folder for temporary files");
    let output = Command::new("minimodem")
        .args(["--rx", "-q", "-f"])
        .arg(&file)
        .args(["-M", &modem.mark_hz().to_string(), "-S", &modem.space_hz().to_string(), "1200"])
        .output()
        .unwrap_or_else(|e| panic!("this test needs `minimodem` (apt install minimodem): {e}"));
    let _ = std::fs::remove_file(&file);
    output.stdout
}

fn assert_read(octets: &[u8], message: &Message, what: &str) {
    let wanted = message.octets();
    assert!(octets.windows(wanted.len()).any(|w| w == wanted), "{what}: {octets:02x?}");
}

fn settings(modem: Modem, form: MessageForm) -> FxsSettings {
    let fsk = FskSending { modem, form, ..FskSending::default() };
    FxsSettings { fsk, message_lamp: MessageLamp::Fsk, ..FxsSettings::default() }
}

#[test]
fn who_waits_is_read_from_what_a_handset_in_a_call_hears() {
    for modem in MODEMS {
        for form in FORMS {
            let set = Telephone {
                display: Display::InCalls,
                ends_on: EndsOn::Nothing,
                ..Telephone::default()
            };
            let mut rig: FxsRig = fxs_with(1, LineModel::default(), settings(modem, form), set);
            let plan = HandsetPlan { answer_after_ms: Some(200), ..HandsetPlan::default() };
            rig.control.set_plan(plan).unwrap();
            rig.command(ChannelCommand::Seize(Endpoint::Port(PortId(1))));
            rig.command(ChannelCommand::Ring { caller: caller("110"), pattern: 0 });
            rig.until(1_000, "answer", |e| matches!(e, ChannelEvent::Answered(_)));
            let who = caller("13800138000");
            rig.command(ChannelCommand::CallWaiting { caller: who });
            rig.run(3_000);
            let mut heard = vec![];
            rig.control.take_heard(&mut heard);
            let what = format!("waiting-{modem:?}-{form:?}");
            let message = Message::call(form, NameEncoding::Gbk, NO_TIME, &who);
            assert_read(&read(modem, &what, &heard), &message, &what);
        }
    }
}

/// A port that keeps what it is given to send.
struct Tapped {
    port: SimFxsPort,
    sent: Vec<i16>,
}

impl AnalogPort for Tapped {
    fn kind(&self) -> PortKind {
        PortKind::Fxs
    }

    fn exchange(&mut self, tx: &Frame, rx: &mut Frame) -> Result<(), PortError> {
        self.sent.extend(tx);
        self.port.exchange(tx, rx)
    }

    fn command(&mut self, command: PortCommand) -> Result<(), PortError> {
        self.port.command(command)
    }

    fn poll_event(&mut self) -> Option<PortEvent> {
        self.port.poll_event()
    }
}

#[test]
fn messages_waiting_and_who_calls_are_read_from_the_wire() {
    for modem in MODEMS {
        for form in FORMS {
            let (port, _control) = tipring_sim::handset(1, LineModel::default());
            let tapped = Tapped { port, sent: vec![] };
            let mut channel = Fxs::new(tapped, settings(modem, form));
            let mut now = Instant::ZERO;
            let mut run = |channel: &mut Fxs<Tapped>, commands: &[ChannelCommand], frames| {
                commands.iter().for_each(|c| channel.command(now, c));
                for _ in 0..frames {
                    channel.tick(now, &SILENCE, &mut SILENCE.clone());
                    now += Duration::from_millis(20);
                }
            };
            let who = caller("13912345678");
            run(&mut channel, &[ChannelCommand::MessageWaiting(true)], 150);
            run(&mut channel, &[ChannelCommand::MessageWaiting(false)], 150);
            let ring = ChannelCommand::Ring { caller: who, pattern: 0 };
            run(&mut channel, &[ChannelCommand::Seize(Endpoint::Port(PortId(1))), ring], 200);
            let what = format!("lamp-{modem:?}-{form:?}");
            let octets = read(modem, &what, &channel.port().sent);
            assert_read(&octets, &Message::message_waiting(form, true), &what);
            assert_read(&octets, &Message::message_waiting(form, false), &what);
            let call = Message::call(form, NameEncoding::Gbk, NO_TIME, &who);
            assert_read(&octets, &call, &what);
        }
    }
}
