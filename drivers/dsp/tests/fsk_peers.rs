//! Caller id we make is read by minimodem and by SpanDSP; what they make is read by us.

mod common;

use common::{TempFile, run};
use core::ffi::c_void;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use spandsp_sys as sys;
use tipring_dsp::caller_id::{
    CallTime, FskReceiver, FskTransmitter, Message, MessageContent, MessageForm, Modem,
    NameEncoding,
};
use tipring_dsp::{ToneCadence, ToneGenerator, dbm0_to_rms};
use tipring_line::CallerId;

const TIME: CallTime = CallTime { month: 11, day: 21, hour: 9, minute: 5 };
const MODEMS: [Modem; 2] = [Modem::Bell202, Modem::V23];

fn message(form: MessageForm) -> Message {
    let caller = CallerId::from_number("13800138000".parse().unwrap());
    Message::call(form, NameEncoding::Gbk, TIME, &caller)
}

fn ours(modem: Modem, form: MessageForm, dbm0: f32, noise_dbm0: f32) -> Vec<i16> {
    let mut fsk = FskTransmitter::new(modem, message(form)).at_level(dbm0);
    let mut samples = vec![0i16; 1600 + fsk.duration_ms() as usize * 8 + 1600];
    fsk.tx(&mut samples[1600..]);
    assert!(fsk.is_finished());
    add_noise(&mut samples, noise_dbm0);
    samples
}

fn add_noise(samples: &mut [i16], dbm0: f32) {
    let mut rng = SmallRng::seed_from_u64(9);
    let peak = dbm0_to_rms(dbm0) * 3f32.sqrt();
    samples.iter_mut().for_each(|s| *s = s.saturating_add(rng.random_range(-peak..=peak) as i16));
}

fn read_by_us(samples: &[i16]) -> Option<Message> {
    let mut receiver = FskReceiver::new();
    samples.chunks(160).for_each(|frame| receiver.rx(frame));
    receiver.poll()
}

fn minimodem_frequencies(modem: Modem) -> [String; 2] {
    [modem.mark_hz().to_string(), modem.space_hz().to_string()]
}

#[test]
fn minimodem_reads_ours_at_every_level_and_in_noise() {
    for modem in MODEMS {
        for form in [MessageForm::Mdmf, MessageForm::Sdmf] {
            for (dbm0, noise) in [(-10.0, -70.0), (-20.0, -70.0), (-36.0, -70.0), (-20.0, -40.0)] {
                let wav = TempFile::wav(&ours(modem, form, dbm0, noise));
                let [mark, space] = minimodem_frequencies(modem);
                let out = run(
                    "minimodem",
                    &["--rx", "-q", "-f", wav.path(), "-M", &mark, "-S", &space, "1200"],
                    b"",
                );
                let expected = message(form);
                let found =
                    out.windows(expected.octets().len()).any(|octets| octets == expected.octets());
                assert!(found, "{modem:?} {form:?} {dbm0} dBm0, noise {noise}: {out:02x?}");
            }
        }
    }
}

#[test]
fn minimodem_reads_ours_as_caller_id() {
    let wav = TempFile::wav(&ours(Modem::Bell202, MessageForm::Mdmf, -14.0, -70.0));
    let out = run("minimodem", &["--rx", "-f", wav.path(), "callerid"], b"");
    let text = String::from_utf8_lossy(&out);
    assert!(text.contains("138-001-38000") || text.contains("13800138000"), "{text}");
}

#[test]
fn we_read_minimodems() {
    for modem in MODEMS {
        for volume in ["0.9", "0.1", "0.03"] {
            let fast = TempFile::new("wav");
            let [mark, space] = minimodem_frequencies(modem);
            // minimodem makes bits of whole samples, so it is given a rate at which 1200 bits a
            // second come out even.
            // Its own leader is two bits; the mark of a caller id is put before it.
            run(
                "minimodem",
                &[
                    "--tx",
                    "-q",
                    "-R",
                    "48000",
                    "-v",
                    volume,
                    "-f",
                    fast.path(),
                    "-M",
                    &mark,
                    "-S",
                    &space,
                    "1200",
                ],
                message(MessageForm::Mdmf).octets(),
            );
            let file = TempFile::new("wav");
            run("sox", &[fast.path(), "-r", "8000", file.path()], b"");
            let mut samples = vec![0i16; 1200];
            let peak = samples_peak(&file.samples());
            let level = 20.0 * (peak / 22_827.0).log10();
            let hz = modem.mark_hz() as u16;
            ToneGenerator::new(ToneCadence::single(hz, level, &[])).tx(&mut samples);
            samples.extend(file.samples());
            assert_eq!(
                read_by_us(&samples),
                Some(message(MessageForm::Mdmf)),
                "{modem:?} at volume {volume}"
            );
        }
    }
}

fn samples_peak(samples: &[i16]) -> f32 {
    samples.iter().map(|s| f32::from(s.unsigned_abs())).fold(1.0, f32::max)
}

/// `ADSI_STANDARD_CLASS` and `ADSI_STANDARD_CLIP`, which the bindings leave out.
fn adsi_standard(modem: Modem) -> i32 {
    match modem {
        Modem::Bell202 => 1,
        Modem::V23 => 2,
    }
}

/// SpanDSP hands a message over without its checksum.
unsafe extern "C" fn keep_message(user: *mut c_void, octets: *const u8, len: i32) {
    // SAFETY: `user` is the `Vec` of `read_by_spandsp`, alive while its receiver is; the octets
    // are as many as the length says.
    unsafe {
        let kept = &mut *user.cast::<Vec<u8>>();
        kept.extend_from_slice(core::slice::from_raw_parts(octets, len as usize));
    }
}

fn read_by_spandsp(modem: Modem, samples: &[i16]) -> Vec<u8> {
    let mut kept: Vec<u8> = vec![];
    // SAFETY: a null state asks for a new one, which is freed below; `kept` outlives it.
    unsafe {
        let state = sys::adsi_rx_init(
            core::ptr::null_mut(),
            adsi_standard(modem),
            Some(keep_message),
            (&raw mut kept).cast(),
        );
        sys::adsi_rx(state, samples.as_ptr(), samples.len() as i32);
        sys::adsi_rx_free(state);
    }
    kept
}

fn made_by_spandsp(modem: Modem, octets: &[u8]) -> Vec<i16> {
    let mut samples = vec![0i16; 16_000];
    // SAFETY: a null state asks for a new one, which is freed; the lengths are the slices'.
    unsafe {
        let state = sys::adsi_tx_init(core::ptr::null_mut(), adsi_standard(modem));
        sys::adsi_tx_put_message(state, octets.as_ptr(), octets.len() as i32);
        sys::adsi_tx(state, samples.as_mut_ptr(), samples.len() as i32);
        sys::adsi_tx_free(state);
    }
    samples
}

#[test]
fn spandsp_reads_ours_and_we_read_spandsps() {
    for modem in MODEMS {
        let expected = message(MessageForm::Mdmf);
        let without_checksum = &expected.octets()[..expected.octets().len() - 1];
        let read = read_by_spandsp(modem, &ours(modem, MessageForm::Mdmf, -14.0, -60.0));
        assert_eq!(read, without_checksum, "{modem:?}");
        let heard = read_by_us(&made_by_spandsp(modem, without_checksum));
        let heard = heard.unwrap_or_else(|| panic!("{modem:?}: nothing read"));
        assert_eq!(heard, expected, "{modem:?}");
        let MessageContent::Call { caller, time } = heard.content() else { panic!("no call") };
        assert_eq!(caller.number, "13800138000".parse().ok());
        assert_eq!(time, Some(TIME));
    }
}

#[test]
fn in_noise_we_read_at_least_as_much_as_spandsp() {
    let mut read = [0, 0];
    for seed in 0..40u64 {
        let mut samples = ours(Modem::Bell202, MessageForm::Mdmf, -15.0, -90.0);
        let mut rng = SmallRng::seed_from_u64(seed);
        let peak = dbm0_to_rms(-25.0) * 3f32.sqrt();
        samples
            .iter_mut()
            .for_each(|s| *s = s.saturating_add(rng.random_range(-peak..=peak) as i16));
        let expected = message(MessageForm::Mdmf);
        read[0] += i32::from(read_by_us(&samples) == Some(expected.clone()));
        let theirs = read_by_spandsp(Modem::Bell202, &samples);
        read[1] += i32::from(theirs == expected.octets()[..expected.octets().len() - 1]);
    }
    assert!(read[0] >= read[1], "ours {}, SpanDSP's {} of 40", read[0], read[1]);
    println!("10 dB S/N: ours {}, SpanDSP's {} of 40", read[0], read[1]);
}
