//! Audio frames and the two laws of the wire.

/// Samples a second, everywhere inside the box.
pub const SAMPLE_RATE_HZ: u32 = 8000;
/// Milliseconds of audio in a frame.
pub const FRAME_MS: u32 = 20;
/// Samples in a frame: 20 ms at 8 kHz.
pub const FRAME_SAMPLES: usize = 160;

/// One frame of audio: 16-bit linear. A sine at the overload point of the A-law codec, +3.14 dBm0
/// (ITU-T G.711, 3.1), has the peak value 32,256; so 0 dBm0 is a sine of peak 22,500 or so.
pub type Frame = [i16; FRAME_SAMPLES];

/// A frame of silence.
pub const SILENCE: Frame = [0; FRAME_SAMPLES];

/// How 14-bit samples are companded to 8 bits at the wire (ITU-T G.711).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Law {
    /// A-law: China, Europe and most of the world. RTP payload type 8.
    #[default]
    A,
    /// µ-law: North America and Japan. RTP payload type 0.
    Mu,
}

impl Law {
    /// The code that decodes to (nearly) zero.
    pub const fn silence(self) -> u8 {
        match self {
            Law::A => 0xD5,
            Law::Mu => 0xFF,
        }
    }

    /// The static RTP payload type (RFC 3551, section 6).
    pub const fn payload_type(self) -> u8 {
        match self {
            Law::A => 8,
            Law::Mu => 0,
        }
    }
}
