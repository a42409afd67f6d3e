//! What the real-time thread calls allocates nothing: idle, in both registers, in a call.

use tipring_clock::{Duration, Instant};
use tipring_line::{
    CallerId, Cause, ChannelCommand, ChannelEvent, Digit, Endpoint, FrameChannel, PortId, SILENCE,
};
use tipring_r2::{R2, R2Settings, Variant};
use tipring_sim::{SpanFaults, span};
use tipring_test_allocations::{Counting, count};

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn nothing_allocates_after_the_making() {
    let (a, b, _control) = span(SpanFaults::default(), 1);
    let settings = R2Settings::new(Variant::named("cn").unwrap());
    let mut channels = [a, b].map(|mut end| R2::new(end.timeslots.remove(0), settings.clone()));
    let seize = ChannelCommand::Seize(Endpoint::Port(PortId(0)));
    let caller = CallerId::from_number("13912345678".parse().unwrap());
    let dial = ChannelCommand::Dial { number: "13800138000".parse().unwrap(), caller };
    let keys = [Digit::from_char('5').unwrap()].into_iter().collect();
    let keys = ChannelCommand::SendDigits(keys);
    let (mut now, mut answered) = (Instant::ZERO, 0);

    let allocations = count(|| {
        for frame in 0..5 * 400 {
            now += Duration::from_millis(20);
            match frame % 400 {
                20 => {
                    channels[0].command(now, &seize);
                    channels[0].command(now, &dial);
                }
                300 => channels[0].command(now, &keys),
                350 => channels[1].command(now, &ChannelCommand::Release(Cause::NormalClearing)),
                _ => {}
            }
            for channel in &mut channels {
                channel.tick(now, &SILENCE, &mut SILENCE.clone());
                while let Some(event) = channel.poll_event() {
                    match event {
                        ChannelEvent::Offered { .. } => {
                            channel.command(now, &ChannelCommand::Alert);
                            channel.command(now, &ChannelCommand::Answer);
                        }
                        ChannelEvent::Answered(_) => answered += 1,
                        _ => {}
                    }
                }
            }
        }
    });
    assert_eq!(allocations, 0);
    assert_eq!(answered, 5);
}
