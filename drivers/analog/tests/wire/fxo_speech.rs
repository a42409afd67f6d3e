//! Recorded speech on both sides of a long call: no digit, no release, and the hang-up is found.

use std::path::{Path, PathBuf};

use crate::common::{caller, fxo};
use tipring_analog::FxoSettings;
use tipring_line::{ChannelCommand, ChannelEvent};
use tipring_sim::{CallPlan, EchoPath, LineModel, Speech, read_wav};

/// Recordings of Debian's asterisk-core-sounds-en-wav, one after the other.
fn speech() -> Vec<i16> {
    let folder = Path::new("/usr/share/asterisk/sounds/en_US_f_Allison");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "wav"))
        .collect();
    files.sort();
    let samples: Vec<i16> = files
        .iter()
        .flat_map(|path| {
            let bytes = std::fs::read(path).expect("a readable file");
            read_wav(&bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
        })
        .collect();
    assert!(
        samples.len() > 8000 * 600,
        "this test needs recorded speech (apt install asterisk-core-sounds-en-wav)"
    );
    samples
}

#[test]
fn ten_minutes_of_speech_on_both_sides_and_then_the_hang_up() {
    let speech = speech();
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
