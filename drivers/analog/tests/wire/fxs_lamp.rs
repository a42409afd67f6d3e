//! That messages wait: the lamp by voltage, the message by FSK, at the right moment.

use crate::common::{FxsRig, caller, fxs};
use tipring_analog::plans::CallerIdStart;
use tipring_analog::{CallerIdSending, FskSending, FxsSettings, MessageLamp};
use tipring_dsp::caller_id::{MessageForm, Modem};
use tipring_line::{ChannelCommand, ChannelEvent, Endpoint, PortId};
use tipring_sim::{HandsetEvent, LineModel};

fn rig(message_lamp: MessageLamp, modem: Modem, form: MessageForm) -> FxsRig {
    let fsk = FskSending { modem, form, ..FskSending::default() };
    fxs(LineModel::default(), FxsSettings { message_lamp, fsk, ..FxsSettings::default() })
}

#[test]
fn by_voltage_at_once_by_fsk_at_rest_or_both() {
    for (lamp, by_voltage, by_fsk) in [
        (MessageLamp::None, false, false),
        (MessageLamp::Voltage, true, false),
        (MessageLamp::Fsk, false, true),
        (MessageLamp::Both, true, true),
    ] {
        for modem in [Modem::Bell202, Modem::V23] {
            for form in [MessageForm::Mdmf, MessageForm::Sdmf] {
                let mut rig = rig(lamp, modem, form);
                for wait in [true, false] {
                    rig.command(ChannelCommand::MessageWaiting(wait));
                    rig.run(3_000);
                    let mut expected = vec![];
                    expected.extend(by_voltage.then_some(HandsetEvent::MessageLamp(wait)));
                    expected.extend(by_fsk.then_some(HandsetEvent::MessagesWait(wait)));
                    assert_eq!(rig.handset(), expected, "{lamp:?} {modem:?} {form:?}");
                }
                assert_eq!(rig.events, []);
            }
        }
    }
}

#[test]
fn a_handset_that_shows_no_messages_is_left_alone() {
    let settings = FxsSettings {
        shows_messages: false,
        message_lamp: MessageLamp::Both,
        ..FxsSettings::default()
    };
    let mut rig = fxs(LineModel::default(), settings);
    rig.command(ChannelCommand::MessageWaiting(true));
    rig.run(3_000);
    assert_eq!(rig.handset(), []);
    assert_eq!(rig.channel.faults().commands_refused, 0);
}

#[test]
fn sets_that_expect_an_alert_signal_get_it_first() {
    let start = CallerIdStart::ReversalAlertTone;
    let settings = FxsSettings {
        message_lamp: MessageLamp::Fsk,
        caller_id: CallerIdSending::Fsk(start),
        ..FxsSettings::default()
    };
    let mut rig = fxs(LineModel::default(), settings);
    rig.command(ChannelCommand::MessageWaiting(true));
    // One second of rest, the signal and the pause after it come before the message's 450 ms.
    rig.run(1_900);
    assert_eq!(rig.handset(), []);
    rig.run(1_000);
    assert_eq!(rig.handset(), [HandsetEvent::MessagesWait(true)]);
}

#[test]
fn a_handset_in_use_is_told_once_it_rests() {
    let mut rig = rig(MessageLamp::Fsk, Modem::Bell202, MessageForm::Mdmf);
    rig.control.lift().unwrap();
    rig.run(500);
    rig.command(ChannelCommand::MessageWaiting(true));
    rig.run(4_000);
    let told = |e: &HandsetEvent| matches!(e, HandsetEvent::MessagesWait(_));
    assert!(!rig.handset().iter().any(told));
    rig.control.hang_up().unwrap();
    rig.run(4_000);
    assert_eq!(rig.handset().into_iter().filter(told).count(), 1);
}

#[test]
fn a_call_goes_before_the_message_which_is_sent_again() {
    // Within the message, and within the audio path closing after it.
    for ms in [1_100, 1_300, 1_500] {
        let mut rig = rig(MessageLamp::Fsk, Modem::Bell202, MessageForm::Mdmf);
        rig.command(ChannelCommand::MessageWaiting(true));
        rig.run(ms);
        rig.command(ChannelCommand::Seize(Endpoint::Port(PortId(1))));
        rig.command(ChannelCommand::Ring { caller: caller("13800138000"), pattern: 0 });
        rig.run(6_000);
        rig.control.lift().unwrap();
        rig.until(200, "answer", |e| matches!(e, ChannelEvent::Answered(_)));
        rig.run(500);
        rig.control.hang_up().unwrap();
        rig.run(4_000);
        let events = rig.handset();
        assert!(events.contains(&HandsetEvent::Caller(caller("13800138000"))), "{ms}: {events:?}");
        let told = events.iter().filter(|e| **e == HandsetEvent::MessagesWait(true)).count();
        assert_eq!(told, 1, "{ms} ms: {events:?}");
    }
}

#[test]
fn lifting_in_the_middle_of_the_message_gives_dial_tone_and_the_message_later() {
    let mut rig = rig(MessageLamp::Fsk, Modem::Bell202, MessageForm::Mdmf);
    rig.command(ChannelCommand::MessageWaiting(true));
    rig.run(1_200);
    rig.control.lift().unwrap();
    rig.run(1_500);
    assert_eq!(rig.handset(), [HandsetEvent::DialTone]);
    rig.control.hang_up().unwrap();
    rig.run(4_000);
    assert!(rig.handset().contains(&HandsetEvent::MessagesWait(true)));
}
