//! What an extension dials beside plain numbers: redial, speed dial, account codes, by the web; and
//! what is not called.

use tipring_events::{Command, EventKind, Refusal};
use tipring_line::{ChannelCommand, Endpoint};
use tipring_switch::SpeedDial;
use tipring_test_scenarios::{Hears, Scripted, World, site};

use crate::{all_hang_up, ext, quick, refused, s, silent};

fn world() -> World<Scripted> {
    let mut config = site();
    config.switch.speed_dial = vec![SpeedDial {
        code: ext("07"),
        number: ext("913900139000"),
        name: "repair crew".into(),
    }];
    config.switch.do_not_call = vec!["1370013700X".parse().unwrap()];
    let mut w = World::with(config, Scripted::default());
    for extension in ["8001", "8002"] {
        w.set_registered(extension, true);
    }
    w
}

/// The numbers sent to the network.
fn dialled(w: &World<Scripted>) -> Vec<String> {
    let told = w.around.told.iter().filter_map(|(_, command)| match command {
        ChannelCommand::Dial { number, .. } => Some(number.to_string()),
        _ => None,
    });
    told.collect()
}

#[test]
fn redial_speed_dial_and_account() {
    let mut w = world();
    for (number, reaches) in [
        ("913900139001", "13900139001"),
        ("*66", "13900139001"),
        ("*7407", "13900139000"),
        ("*754711*913900139002", "13900139002"),
        ("*66", "13900139002"),
    ] {
        let caller = w.dial("8001", number);
        w.run(s(5));
        assert_eq!(dialled(&w).last().map(String::as_str), Some(reaches), "{number}");
        w.hang_up(caller);
        w.run(s(1));
    }
    let booked = w.all(|e| match e {
        EventKind::AccountGiven { call, account } => Some((call.0, account.to_string())),
        _ => None,
    });
    assert_eq!(booked, [(4, "4711".to_owned())]);
    let nothing = w.dial("8002", "*66");
    w.run(s(1));
    assert!(w.hears_prompt(nothing, "feature-failed"), "nothing was dialled before");
    w.close();
}

#[test]
fn click_to_dial_rings_the_own_phone_first() {
    let mut w = world();
    w.phone("8001", quick());
    let dial = |to: &str, account| Command::Dial { extension: ext("8001"), to: ext(to), account };
    assert_eq!(w.command(dial("913900139000", Some(ext("99")))), Ok(()));
    assert_eq!(w.around.seized(), [Endpoint::SipPhone(ext("8001"))]);
    w.run(s(6));
    let phone = w.at("8001");
    assert!(matches!(w.hears(phone), Hears::Party(_)));
    assert_eq!(dialled(&w), ["13900139000"]);
    refused(&mut w, dial("8002", None), Refusal::NotPossible);
    w.hang_up(phone);
    w.run(s(1));
    w.phone("8001", silent());
    assert_eq!(w.command(dial("8002", None)), Ok(()));
    w.run(s(61));
    assert!(!w.around.is_occupied(ext("8001")), "nobody answered the own phone");
    w.close();
}

#[test]
fn numbers_on_the_list_are_not_called() {
    let mut w = world();
    let caller = w.dial("8001", "913700137005");
    w.run(s(1));
    assert!(!w.around.is_there(caller) && dialled(&w).is_empty());
    let hit = w.find(|e| match e {
        EventKind::DoNotCallHit { number, .. } => Some(number.to_string()),
        _ => None,
    });
    assert_eq!(hit.as_deref(), Some("13700137005"));
    let to = ext("913700137005");
    let dial = Command::Dial { extension: ext("8001"), to, account: None };
    refused(&mut w, dial, Refusal::DoNotCall);
    let dial = Command::Dial { extension: ext("8001"), to: ext("13"), account: None };
    refused(&mut w, dial, Refusal::NotAllowed);
    w.close();
}

#[test]
fn the_class_of_service_holds_for_every_way_out() {
    let mut w = World::new();
    let caller = w.trunk_call("13800138000", "8004");
    w.run(s(5));
    for command in [
        Command::Transfer { extension: ext("8004"), to: ext("913900139000") },
        Command::Consult { extension: ext("8004"), to: ext("913900139000") },
        Command::ConferenceAdd { extension: ext("8004"), to: ext("913900139000") },
    ] {
        refused(&mut w, command, Refusal::NotAllowed);
    }
    w.hang_up(caller);
    all_hang_up(&mut w);
}

#[test]
fn mute_and_keys() {
    let mut w = World::new();
    let caller = w.trunk_call("13800138000", "8001");
    w.run(s(5));
    let phone = w.at("8001");
    let mute = |muted| Command::Mute { extension: ext("8001"), muted };
    assert_eq!(w.command(mute(true)), Ok(()));
    assert!(w.around.is_muted(phone));
    assert_eq!(w.command(mute(false)), Ok(()));
    assert!(!w.around.is_muted(phone));
    assert_eq!(w.command(mute(true)), Ok(()));
    let keys = Command::SendDigits { extension: ext("8001"), digits: ext("12#") };
    assert_eq!(w.command(keys), Ok(()));
    let sent = w.around.told.iter().any(|(channel, command)| {
        *channel == caller && matches!(command, ChannelCommand::SendDigits(d) if d.len() == 3)
    });
    assert!(sent);
    all_hang_up(&mut w);
}
