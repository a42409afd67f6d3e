//! The bytes on the SPI bus, access by access, against a mock that insists on them.

mod common;

use common::{daa_settings, slic_settings};
use embedded_hal_mock::eh1::spi::{Mock, Transaction};
use tipring_clock::{Duration, Instant};
use tipring_daa::si3050::{self, Daa};
use tipring_daa::si3210::{self, Slic};
use tipring_daa::{ChipError, ChipSelect, Framing};
use tipring_line::{LineReading, PortCommand, PortEvent};

type Bytes = Vec<Transaction<u8>>;

fn in_one_select(transaction: Transaction<u8>) -> Bytes {
    vec![Transaction::transaction_start(), transaction, Transaction::transaction_end()]
}

/// A write to the Si3050 in place 0.
fn daa_write(address: u8, data: u8) -> Bytes {
    in_one_select(Transaction::write_vec(vec![0x20, address, data]))
}

/// A read from it.
fn daa_read(address: u8, data: u8) -> Bytes {
    let (sent, received) = (vec![0x60, address, 0xFF], vec![0xFF, 0xFF, data]);
    in_one_select(Transaction::transfer_in_place(sent, received))
}

/// A write to the Si3210, the chip select once a byte.
fn slic_write(address: u8, data: u8) -> Bytes {
    let byte = |b| in_one_select(Transaction::write_vec(vec![b]));
    [byte(address), byte(data)].concat()
}

/// A read from it.
fn slic_read(address: u8, data: u8) -> Bytes {
    let sent = in_one_select(Transaction::write_vec(vec![address | 0x80]));
    [sent, in_one_select(Transaction::read_vec(vec![data]))].concat()
}

/// Every access of a start in China at slot 0, but for the waits.
fn daa_start() -> [Bytes; 3] {
    let identify = [daa_read(2, 0x03), daa_read(11, 0x05), daa_write(1, 0x80)].concat();
    let mut settings = [
        daa_write(33, 0x38),
        daa_write(16, 0x00),
        daa_write(26, 0xC0),
        daa_write(30, 0x0A),
        daa_write(17, 0x00),
        daa_write(18, 0x02),
        daa_write(24, 0x00),
        daa_write(31, 0xA3),
        daa_write(34, 0),
        daa_write(35, 0),
        daa_write(36, 0),
        daa_write(37, 0),
    ]
    .concat();
    for (address, coefficient) in (45..).zip([4, 245, 243, 7, 253, 0, 1, 255]) {
        settings.extend(daa_write(address, coefficient));
    }
    settings.extend([daa_read(33, 0x38), daa_write(6, 0x00)].concat());
    let link = [
        daa_read(11, 0x35),
        daa_write(5, 0x08),
        daa_write(38, 0),
        daa_write(39, 0),
        daa_write(40, 0),
        daa_write(41, 0),
    ]
    .concat();
    [identify, settings, link]
}

/// A mock of a started chip, and the chip; `then` is what follows the start.
fn started(then: Bytes) -> (Mock<u8>, Daa, Instant) {
    let mut spi = Mock::new(&[daa_start().concat(), then].concat());
    let mut daa = Daa::new(daa_settings(0));
    let mut now = Instant::ZERO;
    daa.poll(now, &mut spi);
    while !daa.is_running() {
        now = daa.poll_timeout();
        daa.poll(now, &mut spi);
    }
    (spi, daa, now)
}

#[test]
fn the_start_waits_where_the_chip_needs_it() {
    let [identify, settings, link] = daa_start();
    let link_down = daa_read(11, 0x05);
    let mut spi = Mock::new(&[identify, settings, link_down, link].concat());
    let mut daa = Daa::new(daa_settings(0));
    daa.poll(Instant::ZERO, &mut spi);
    assert_eq!(daa.poll_timeout(), Instant::from_millis(100));
    daa.poll(Instant::from_millis(99), &mut spi);
    daa.poll(Instant::from_millis(100), &mut spi);
    daa.poll(Instant::from_millis(120), &mut spi);
    assert!(!daa.is_running());
    daa.poll(Instant::from_millis(140), &mut spi);
    assert!(daa.is_running());
    spi.done();
}

#[test]
fn hook_and_flash_write_register_5() {
    let bytes =
        [daa_write(5, 0x09), daa_write(5, 0x08), daa_write(5, 0x09), daa_write(5, 0x08)].concat();
    let (mut spi, mut daa, now) = started(bytes);
    daa.command(now, PortCommand::OffHook(true), &mut spi);
    // Within the polling interval nothing else is read.
    daa.command(now, PortCommand::Flash { ms: 50 }, &mut spi);
    let flash_ends = now + Duration::from_millis(50);
    while daa.poll_timeout() < flash_ends {
        // The register polls in between have a mock of their own.
        let mut polls = Mock::new(&quiet_poll(&daa));
        daa.poll(daa.poll_timeout(), &mut polls);
        polls.done();
    }
    daa.poll(flash_ends, &mut spi);
    daa.command(flash_ends, PortCommand::OffHook(false), &mut spi);
    spi.done();
}

/// What one poll of an open loop reads: hook and ring, at every second the voltage.
fn quiet_poll(daa: &Daa) -> Bytes {
    let poll = (daa.poll_timeout().as_millis() - 116) / 8;
    let mut bytes = daa_read(5, 0x08);
    if poll.is_multiple_of(2) {
        bytes.extend(daa_read(29, 48));
    }
    bytes
}

#[test]
fn ringing_voltage_link_and_current_are_read_in_their_turn() {
    let mut bytes = vec![];
    for poll in 1..=16 {
        // Two polls of each half-wave, as at 30 Hz.
        let half_wave = if (poll / 2) % 2 == 0 { 0x20 } else { 0x40 };
        bytes.extend(daa_read(5, 0x08 | half_wave));
        if poll % 2 == 0 {
            bytes.extend(daa_read(29, 0xD0));
        }
    }
    bytes.extend(daa_read(12, 0x40));
    let (mut spi, mut daa, _) = started(bytes);
    for _ in 0..16 {
        daa.poll(daa.poll_timeout(), &mut spi);
    }
    assert_eq!(daa.poll_event(), Some(PortEvent::Ringing(true)));
    assert_eq!(daa.reading(), LineReading { voltage_v: Some(-48), current_ma: Some(0) });
    spi.done();
}

#[test]
fn a_hook_register_read_wrongly_is_written_anew() {
    let mut bytes = [daa_read(5, 0x00), daa_write(5, 0x08), daa_read(5, 0x08)].concat();
    bytes.extend(daa_read(29, 48));
    let (mut spi, mut daa, _) = started(bytes);
    daa.poll(daa.poll_timeout(), &mut spi);
    daa.poll(daa.poll_timeout(), &mut spi);
    assert_eq!(daa.counters().rewrites, 1);
    spi.done();
}

#[test]
fn the_place_in_the_chain_is_sent_lowest_bit_first() {
    for (place, code) in [(0, 0x00), (1, 0x08), (2, 0x04), (3, 0x0C), (8, 0x01), (15, 0x0F)] {
        let read = |address, data| {
            let (sent, received) = (vec![0x60 | code, address, 0xFF], vec![0xFF, 0xFF, data]);
            in_one_select(Transaction::transfer_in_place(sent, received))
        };
        let mut spi = Mock::new(&[read(2, 0x03), read(11, 0x37)].concat());
        let framing = Framing::Daa { place, select: ChipSelect::PerAccess };
        let found = si3050::probe(&mut spi, framing).unwrap();
        assert_eq!(found.to_string(), "Si3050 revision 7 with Si3019");
        spi.done();
    }
}

#[test]
fn the_chip_select_may_rise_after_each_byte() {
    let byte = |b| in_one_select(Transaction::write_vec(vec![b]));
    let read = |address, data| {
        [byte(0x60), byte(address), in_one_select(Transaction::read_vec(vec![data]))].concat()
    };
    let mut spi = Mock::new(&[read(2, 0x03), read(11, 0x05)].concat());
    let framing = Framing::Daa { place: 0, select: ChipSelect::PerByte };
    let found = si3050::probe(&mut spi, framing).unwrap();
    assert_eq!(found.to_string(), "Si3050 revision 5, line side not powered");
    spi.done();
}

#[test]
fn the_slic_is_probed_alone_and_in_a_chain() {
    let bytes = [slic_read(0, 0x05), slic_read(11, 0x33), slic_read(1, 0x08)].concat();
    let mut spi = Mock::new(&bytes);
    let found = si3210::probe(&mut spi, Framing::SLIC).unwrap();
    assert_eq!(found.to_string(), "Si3210 revision 5");
    spi.done();

    let read = |address: u8, data| {
        let (sent, received) = (vec![0x04, address | 0x80, 0xFF], vec![0xFF, 0xFF, data]);
        in_one_select(Transaction::transfer_in_place(sent, received))
    };
    let mut spi = Mock::new(&[read(0, 0x06), read(11, 0x33), read(1, 0x88)].concat());
    let framing = Framing::SlicChain { place: 2, select: ChipSelect::PerAccess };
    let found = si3210::probe(&mut spi, framing).unwrap();
    assert_eq!(found.to_string(), "Si3215 revision 6");
    spi.done();
}

#[test]
fn an_indirect_register_takes_its_data_before_its_address() {
    let mut bytes = [slic_read(0, 0x05), slic_read(11, 0x33), slic_read(1, 0x08)].concat();
    bytes.extend([slic_write(14, 0x10), slic_write(64, 0x00)].concat());
    // The first indirect register waits for the one before, which never ends.
    (0..64).for_each(|_| bytes.extend(slic_read(31, 0x01)));
    let mut spi = Mock::new(&bytes);
    let mut slic = Slic::new(slic_settings());
    slic.poll(Instant::ZERO, &mut spi);
    let Some(ChipError::NoAnswer { register, .. }) = slic.error() else {
        panic!("{:?}", slic.error())
    };
    assert_eq!(register, si3210::register_table::INDIRECT_STATUS);
    spi.done();

    let mut bytes = [slic_read(0, 0x05), slic_read(11, 0x33), slic_read(1, 0x08)].concat();
    bytes.extend([slic_write(14, 0x10), slic_write(64, 0x00)].concat());
    for indirect in si3210::indirect_table::INITIAL {
        let [low, high] = indirect.value.to_le_bytes();
        bytes.extend([slic_read(31, 0x00), slic_write(28, low), slic_write(29, high)].concat());
        bytes.extend(slic_write(30, indirect.address));
    }
    for (address, data) in [(8, 0x00), (108, 0xEB), (67, 0x07), (66, 0x01)] {
        bytes.extend(slic_write(address, data));
    }
    for filter in 35..=39 {
        bytes.extend([slic_read(31, 0x00), slic_write(28, 0x00), slic_write(29, 0x80)].concat());
        bytes.extend(slic_write(30, filter));
    }
    bytes.extend([slic_write(74, 0x32), slic_write(92, 0xFF), slic_write(14, 0x00)].concat());
    let mut spi = Mock::new(&bytes);
    let mut slic = Slic::new(slic_settings());
    slic.poll(Instant::ZERO, &mut spi);
    assert_eq!(slic.error(), None);
    spi.done();
}

#[test]
fn every_register_map_is_in_order_and_without_doubles() {
    for map in [si3050::register_table::ALL, si3210::register_table::ALL] {
        assert!(map.windows(2).all(|pair| pair[0].address < pair[1].address));
        assert!(map.iter().all(|r| !r.name.is_empty() && !r.chapter.is_empty()));
    }
    assert!(si3210::indirect_table::INITIAL.iter().all(|i| !i.name.is_empty()));
}
