//! Detectors and generators do not allocate once they are made.

use tipring_dsp::caller_id::{
    CallTime, DtmfCallerId, FskReceiver, FskTransmitter, Message, MessageForm, Modem, NameEncoding,
};
use tipring_dsp::{
    DtmfDetector, DtmfGenerator, EchoCanceller, EchoTail, FaxToneDetector, LevelMeter, MfDirection,
    MfEvent, MfGenerator, MfReceiver, MfSignal, ProgressDetector, ProgressPlan, ResidualSuppressor,
    ToneGenerator, ToneLearner, g711, tones,
};
use tipring_line::{CallerId, Digit, Law};
use tipring_test_allocations::{Counting, count};

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn nothing_allocates_after_its_making() {
    let mut caller = CallerId::from_number("13800138000".parse().unwrap());
    caller.name.push_str("王小明");
    let time = CallTime { month: 1, day: 2, hour: 3, minute: 4 };
    let mut digits = DtmfGenerator::new();
    let mut tone = ToneGenerator::new(tones::china::BUSY);
    let mut dtmf = DtmfDetector::new();
    let mut progress = ProgressDetector::new(&ProgressPlan::china());
    let mut fsk = FskReceiver::new();
    let mut learner = ToneLearner::new();
    let mut by_dtmf = DtmfCallerId::new();
    let mut meter = LevelMeter::new();
    let mut echo = EchoCanceller::new(EchoTail::Ms64);
    let mut suppressor = ResidualSuppressor::new();
    let mut fax = FaxToneDetector::new();
    let mut frame = [0i16; 160];
    let mut codes = [0u8; 160];
    let (mut messages, mut keys, mut found, mut learnt) = (0, 0, 0, 0);

    let allocations = count(|| {
        let message = Message::call(MessageForm::Mdmf, NameEncoding::Gbk, time, &caller);
        let mut transmitter = FskTransmitter::new(Modem::V23, message);
        for round in 0..400 {
            frame.fill(0);
            if !transmitter.is_finished() {
                transmitter.tx(&mut frame);
            } else if round < 200 {
                digits.push(Digit::from_event((round % 16) as u8).unwrap());
                digits.tx(&mut frame);
            } else {
                tone.tx(&mut frame);
            }
            g711::encode(Law::A, &frame, &mut codes);
            g711::decode(Law::A, &codes, &mut frame);
            meter.rx(&frame);
            dtmf.rx(&frame);
            progress.rx(&frame);
            learner.rx(&frame);
            let mut received = frame.map(|s| s / 4);
            echo.set_enabled(round % 100 != 99);
            let before = received;
            echo.process(&frame, &mut received);
            suppressor.process(&before, &mut received);
            fax.rx(&received);
            let _ = (fax.poll(), echo.erl_db(), echo.erle_db());
            fsk.rx(&frame);
            while let Some(event) = dtmf.poll() {
                if let tipring_dsp::DtmfEvent::Start(digit) = event {
                    keys += 1;
                    by_dtmf.push(digit);
                }
            }
            if let Some(message) = fsk.poll() {
                messages += 1;
                let _ = message.content();
            }
            found += i32::from(progress.poll().is_some());
            learnt += i32::from(learner.poll().is_some());
        }
        echo.reset();
        let _ = meter.take();
    });

    assert_eq!(allocations, 0);
    assert!(messages == 1 && keys > 5, "{messages} {keys}");
    assert!(found == 1 && learnt == 1, "{found} {learnt}");
}

#[test]
fn signals_between_registers_allocate_nothing_after_the_making() {
    let mut generator = MfGenerator::new(MfDirection::Forward);
    let mut receiver = MfReceiver::new(MfDirection::Forward);
    let mut frame = [0i16; 160];
    let mut heard = 0;
    let allocations = count(|| {
        for round in 0..300u32 {
            generator.send(if round % 10 < 5 {
                MfSignal::new((round / 10 % 15 + 1) as u8)
            } else {
                None
            });
            frame.fill(0);
            generator.tx(&mut frame);
            receiver.rx(&frame);
            while let Some(event) = receiver.poll() {
                heard += u32::from(matches!(event, MfEvent::On(_)));
            }
        }
        receiver.reset();
    });
    assert_eq!(allocations, 0);
    assert_eq!(heard, 30);
}
