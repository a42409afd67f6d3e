//! What the real-time thread calls allocates nothing, not even when a channel goes and comes back.

use crate::channel::{Scripted, port};
use tipring_line::{AnalogPort, Law, LinePolarity, PortCommand, PortKind, SILENCE};
use tipring_test_allocations::{Counting, count};

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn nothing_allocates_after_opening() {
    for kind in [PortKind::Fxo, PortKind::Fxs] {
        let channel = Scripted::new();
        let (mut line, mut keeper) = port(&channel, kind);
        let commands = [
            PortCommand::OffHook(true),
            PortCommand::Flash { ms: 100 },
            PortCommand::Ring(true),
            PortCommand::Ring(false),
            PortCommand::Polarity(LinePolarity::Reverse),
            PortCommand::MessageLamp(true),
            PortCommand::OffHook(false),
        ];
        let mut rx = SILENCE;
        let mut told = 0;
        for round in 0..500 {
            let mut script = channel.script();
            script.received.push_back(Law::A.silence());
            script.told.clear();
            script.sent.clear();
            if round % 7 == 0 {
                script.events.extend([18, 2, 17, 4, 1, 2, 3, 0x1_0031]);
            }
            script.gone = (200..210).contains(&round);
            drop(script);
            let allocations = count(|| {
                let _ = line.exchange(&SILENCE, &mut rx);
                let _ = line.command(commands[round % commands.len()]);
                told += core::iter::from_fn(|| line.poll_event()).count();
                let _ = line.reading();
            });
            assert_eq!(allocations, 0, "{kind:?}, round {round}");
            keeper.tend();
        }
        assert!(told > 100, "{kind:?} told {told} events");
        assert_eq!((line.stats().losses, line.stats().returns), (1, 1), "{kind:?}");
    }
}
