//! Recorded speech on both sides of a long call: no digit, no release, and the hang-up is found.

use crate::common::{caller, fxo, recordings};
use tipring_analog::FxoSettings;
use tipring_line::{ChannelCommand, ChannelEvent};
use tipring_sim::{CallPlan, EchoPath, LineModel, Speech};

#[test]
fn ten_minutes_of_speech_on_both_sides_and_then_the_hang_up() {
    let speech = recordings().concat();
    let (theirs, ours) = speech[..8000 * 600].split_at(8000 * 300);
    let model = LineModel { box_echo: EchoPath::hybrid(10.0), ..LineModel::default() };
    let mut rig = fxo(model, FxoSettings::default());
    let say = Some(Speech::from_samples(theirs));
    let plan =
        CallPlan { caller: caller("110"), say, talk_ms: Some(300_000), ..CallPlan::default() };
    rig.control.place_call(plan).unwrap();
    rig.until_offered(10_000);
    rig.command(ChannelCommand::Answer);
    let hung_up_at = rig.ms() + 300_000;
    let mut prompt = ours.chunks_exact(160).cycle();
    while rig.count(|e| matches!(e, ChannelEvent::Released(_))) == 0 {
        rig.tx = prompt.next().and_then(|p| p.try_into().ok()).expect("160 samples");
        rig.step();
        assert!(rig.ms() < hung_up_at + 8_000, "busy tone under a prompt was not found");
    }
    let released_at = rig.events.last().expect("the release").0;
    assert!(released_at > hung_up_at + 1_700, "released in speech, at {released_at}");
    assert_eq!(rig.digits(), "");
}
