//! Keys pressed while talking reach the other side where the audio does not carry them.

use tipring_line::{ChannelCommand, ChannelEvent, Digit, DigitSource, Digits};
use tipring_test_scenarios::World;

use crate::s;

#[test]
fn info_is_passed_on_and_events_travel_with_the_audio() {
    let mut w = World::new();
    let caller = w.dial("8001", "8002");
    w.run(s(4));
    let callee = w.at("8002");
    let digit = Digit::from_char('5').unwrap();
    for (source, passed) in
        [(DigitSource::Rfc4733, 0), (DigitSource::InBand, 0), (DigitSource::SipInfo, 1)]
    {
        let now = w.now();
        w.around.soon(now, caller, s(0), ChannelEvent::Digit { digit, source });
        w.run(s(1));
        let sent = (callee, ChannelCommand::SendDigits(Digits::from_iter([digit])));
        assert_eq!(w.around.told.iter().filter(|told| **told == sent).count(), passed);
    }
    w.hang_up(caller);
    w.close();
}
