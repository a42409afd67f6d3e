//! The frame check sequence of HDLC (ISO/IEC 13239, 4.2.5.2; ITU-T Q.921, 2.7): CRC-16/X.25.
//!
//! Drivers that give whole frames have checked it and keep it to themselves, as seam 1 wants. The
//! DAHDI device hands it up as the last two octets of every frame it gives, and wants room for it
//! in every frame it takes; [`open`] and [`seal`] are for that, and for links simulated bit by bit.

use arrayvec::ArrayVec;

/// What the register holds after a whole good frame, FCS included.
const GOOD_RESIDUE: u16 = 0xF0B8;

fn run(octets: &[u8]) -> u16 {
    octets.iter().fold(0xFFFF, |crc, octet| {
        (0..8).fold(crc ^ u16::from(*octet), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0x8408 } else { crc >> 1 }
        })
    })
}

/// The check sequence of these octets; it goes to the wire with its low octet first.
pub fn fcs(octets: &[u8]) -> u16 {
    !run(octets)
}

/// Appends its check sequence to a frame. A frame that leaves no room for it is left alone; says
/// whether there was room.
pub fn seal<const N: usize>(frame: &mut ArrayVec<u8, N>) -> bool {
    let check = fcs(frame).to_le_bytes();
    frame.try_extend_from_slice(&check).is_ok()
}

/// The frame without its check sequence, if that is right.
pub fn open(frame: &[u8]) -> Option<&[u8]> {
    let body = frame.len().checked_sub(2).map(|end| &frame[..end])?;
    (run(frame) == GOOD_RESIDUE).then_some(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed apart from this code: frame, check sequence as on the wire.
    const VECTORS: &[(&[u8], [u8; 2])] = &[
        (&[0x00, 0x01, 0x7F], [0x64, 0x54]),
        (&[0x02, 0x01, 0x7F], [0xDC, 0xE1]),
        (&[0x00, 0x01, 0x73], [0x08, 0x9E]),
        (&[0x02, 0x01, 0x73], [0xB0, 0x2B]),
        (&[0x00, 0x01, 0x01, 0x01], [0x53, 0xAE]),
        (&[0x02, 0x01, 0x01, 0x01], [0x25, 0x97]),
    ];

    #[test]
    fn known_frames_have_their_check_sequences() {
        assert_eq!(fcs(b"123456789"), 0x906E);
        for (frame, check) in VECTORS {
            let mut sealed: ArrayVec<u8, 8> = frame.iter().copied().collect();
            assert!(seal(&mut sealed));
            assert_eq!(&sealed[frame.len()..], check);
            assert_eq!(open(&sealed), Some(*frame));
        }
    }

    #[test]
    fn every_single_wrong_bit_is_seen() {
        let mut sealed: ArrayVec<u8, 8> = ArrayVec::from_iter([0, 1, 0x7F]);
        assert!(seal(&mut sealed));
        for bit in 0..sealed.len() * 8 {
            let mut wrong = sealed.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(&wrong), None, "bit {bit}");
        }
        assert_eq!(open(&[]), None);
        assert_eq!(open(&[1]), None);
    }

    #[test]
    fn a_frame_without_room_is_left_alone() {
        let mut full: ArrayVec<u8, 3> = ArrayVec::from([0, 1, 0x7F]);
        assert!(!seal(&mut full));
        assert_eq!(full.as_slice(), [0, 1, 0x7F]);
    }
}
