//! The DAHDI driver against the real kernel modules, in a virtual machine: two spans of the
//! kernel's own, cross-connected, one with the signalling of exchange lines, one with handsets'.
//!
//! What such a pair cannot show, as no hardware is behind it (voltages, polarity, lamps, caller id
//! sent by a card), is tested in the driver against a scripted channel.

use std::path::Path;
use std::sync::LazyLock;

use tipring_test_vm::{Console, run_dahdi};

/// The machine runs once for all tests.
static CONSOLE: LazyLock<Console> = LazyLock::new(|| {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("vm");
    let guest = Path::new(env!("CARGO_BIN_EXE_tipring-vm-guest"));
    run_dahdi(&cache, guest).unwrap_or_else(|error| panic!("{error:#}"))
});

/// What was shown by this name; it is printed, so that `--nocapture` gives all figures.
fn shown(name: &str) -> &'static str {
    let figures = CONSOLE.shown(name).unwrap_or_else(|error| panic!("{error:#}"));
    println!("{name}: {figures}");
    figures
}

#[track_caller]
fn shown_with(name: &str, words: &[&str]) {
    let figures = shown(name);
    for word in words {
        assert!(figures.contains(word), "{name}: '{word}' is not in: {figures}");
    }
}

#[test]
fn what_does_not_open_says_what_to_do() {
    shown_with("without-module", &["kernel module is not loaded", "modprobe dahdi"]);
    shown_with(
        "without-permission",
        &["no permission to open /dev/dahdi/channel", "group dialout"],
    );
    shown_with("no-channel", &["DAHDI has no channel 99"]);
    shown_with("not-configured", &["channel 4 is not configured", "`fxsks=4`", "dahdi_cfg"]);
    shown_with("other-signalling", &["channel 5 is not an FXO port but an FXS port", "fxsks=5"]);
    shown_with("in-use", &["channel 1 is in use"]);
}

#[test]
fn spans_and_channels_are_listed() {
    shown_with(
        "list",
        &["DYN/loc/1:0 (4)", "DYN/loc/1:1 (4)", "3 FXO, 3 FXS, 2 not configured", "version 2.11"],
    );
}

#[test]
fn ringing_is_told_burst_by_burst_without_a_tone_zone_loaded() {
    shown("ring");
    shown("late-ring");
}

#[test]
fn answer_and_hang_up_are_told() {
    shown("answer");
    shown("hang-up");
}

#[test]
fn audio_is_bit_exact_both_ways() {
    shown("audio");
    shown_with("dtmf", &["0123456789*#ABCD"]);
}

#[test]
fn flashes_and_dial_pulses_are_told_apart() {
    shown("flash");
    shown("pulses");
    shown("plain-loop");
}

#[test]
fn battery_drop_is_told() {
    shown("battery");
}

#[test]
fn what_the_hardware_lacks_is_said() {
    shown_with("unable", &["the port cannot"]);
}

#[test]
fn events_that_hold_up_audio_are_taken() {
    shown("errno-500");
}

#[test]
fn delay_is_kept_when_clocks_disagree() {
    shown("slow-clock");
    shown("fast-clock");
    shown("pause");
}

#[test]
fn twenty_calls_in_a_row_between_the_machines() {
    shown("calls");
    shown("pulse-calls");
    shown("counted-pulse-calls");
}

#[test]
fn a_span_may_go_and_come_back() {
    shown_with("taken-away", &["DeviceLost", "the device has gone", "out of service"]);
    shown_with("stays-gone", &["DAHDI has no channel 5"]);
    shown("brought-back");
}

#[test]
fn spans_of_e1_are_listed_and_what_does_not_fit_says_what_to_do() {
    shown_with("span-list", &["30 clear, 2 D, 30 with bits"]);
    shown_with(
        "span-refused",
        &[
            "channel 9 is not a channel with signalling bits but a clear channel",
            "channel 25 is not a clear channel but a channel with signalling bits",
            "channel 9 is not a D-channel but a clear channel",
            "DAHDI has no span 77",
        ],
    );
    shown_with("span-tests", &["its driver cannot"]);
}

#[test]
fn timeslots_carry_audio_as_it_is() {
    shown_with("span-audio", &["300 frames each way bit-exact"]);
    shown_with("span-cas-audio", &["300 frames each way bit-exact"]);
}

#[test]
fn a_timeslot_is_tested_by_a_pattern_through_a_loop_at_the_far_end() {
    for name in ["span-pattern", "span-cas-pattern"] {
        shown_with(name, &["0 wrong; none without the loop"]);
    }
}

#[test]
fn d_channel_frames_come_out_as_they_went_in() {
    shown_with("span-hdlc", &["520 frames of 1-260 octets"]);
}

#[test]
fn signalling_bits_are_told_once_and_without_the_neighbours() {
    shown_with("span-bits", &["12 changes told, each once"]);
    shown_with("span-r2", &["20 calls with 8 and 11 digits"]);
}

#[test]
fn a_span_may_go_in_a_call_and_come_back() {
    shown_with("span-taken-away", &["released at the lost end", "at the other by RED"]);
    shown_with("span-brought-back", &["a call was answered", "D-channel frames come through"]);
}

#[test]
fn a_hundred_isdn_calls_between_our_two_sides_leave_nothing() {
    shown_with("isdn-own", &["100 calls", "none left at either end", "0 frames repeated"]);
}

#[test]
fn a_hundred_isdn_calls_with_libpri_leave_nothing_in_either_role() {
    for name in ["isdn-libpri-network", "isdn-libpri-user"] {
        shown_with(name, &["100 calls", "none left at either end", "0 frames repeated"]);
    }
}

#[test]
fn a_talk_outlives_a_span_that_comes_back_in_time_and_ends_with_one_that_does_not() {
    shown_with("isdn-short-loss", &["the talk went on"]);
    shown_with("isdn-long-loss", &["released at both ends", "a call was answered"]);
}

#[test]
fn the_box_sets_up_a_span_takes_a_hundred_calls_and_outlives_its_loss() {
    let checked = "ok    e1-1     E1   DAHDI span 5";
    shown_with("box-set-up", &["DAHDI span 5 is set up", "channel 86 a D-channel", checked]);
    shown_with("box-calls", &["100 calls", "100 heard their prompt", "no channel in use"]);
    shown_with("box-loss", &["NetworkOutOfOrder", "is set up again", "a call was answered"]);
}

#[test]
fn the_box_answers_its_line_and_its_handset_joins_two_parties_by_a_flash() {
    shown_with("box-line", &["caller 13711112222 read", "key 1 taken", "hung up by the box"]);
    shown_with("box-handset", &["heard each other bit by bit"]);
}

#[test]
fn the_box_sets_a_spans_line_where_it_is_described_otherwise_and_nobody_else_uses_it() {
    shown_with("box-span-set", &["CCS, CRC-4, clock from the far side", "read back so"]);
    shown_with("box-span-changed", &["CCS, no CRC-4, its own clock", "read back so"]);
    shown_with("box-span-in-use", &["it runs as it was found", "a call was answered"]);
    shown_with(
        "box-span-refused",
        &["does not set channel", "DAHDI_CHANCONFIG", "span 1 has no channel 5"],
    );
}
