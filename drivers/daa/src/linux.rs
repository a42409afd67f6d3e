//! The Linux side: `/dev/spidev*` and GPIO character devices.

use std::io;
use std::path::Path;

use linux_embedded_hal::gpio_cdev::{self, LineRequestFlags};
use linux_embedded_hal::spidev::{SpiModeFlags, SpidevOptions};
use linux_embedded_hal::{CdevPin, SpidevDevice};
use thiserror::Error;

/// The SPI clock, if the board says nothing else: an access takes 6 µs, and every chip takes it.
const SPI_HZ: u32 = 4_000_000;

/// Why a bus or a line cannot be opened, in one line.
#[derive(Debug, Error)]
pub enum OpenError {
    /// An SPI device.
    #[error(
        "{path}: {source}; is SPI switched on in the board's device tree, with a spidev node for this chip select?"
    )]
    Spi {
        /// Its file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// A reset line.
    #[error(
        "{path} line {line}: {reason}; does the board's description name the line rightly, and is it free?"
    )]
    ResetLine {
        /// The GPIO chip's file.
        path: String,
        /// The line.
        line: u32,
        /// What the system says.
        reason: String,
    },
}

/// Opens an SPI device in mode 3, most significant bit first.
///
/// Both chips take data on the rising edge and change theirs on the falling one, the clock resting
/// high.
///
/// # Errors
/// [`OpenError::Spi`], saying what to look at.
pub fn open_spi(path: &Path, clock_hz: Option<u32>) -> Result<SpidevDevice, OpenError> {
    let failed = |source| OpenError::Spi { path: path.display().to_string(), source };
    let mut device = SpidevDevice::open(path)
        .map_err(|e| failed(io::Error::new(e.inner().kind(), e.to_string())))?;
    let options = SpidevOptions::new()
        .bits_per_word(8)
        .max_speed_hz(clock_hz.unwrap_or(SPI_HZ))
        .mode(SpiModeFlags::SPI_MODE_3)
        .build();
    device.configure(&options).map_err(failed)?;
    Ok(device)
}

/// Requests a reset line as an output, released (high).
///
/// # Errors
/// [`OpenError::ResetLine`], saying what to look at.
pub fn open_reset_line(chip: &Path, line: u32) -> Result<CdevPin, OpenError> {
    let failed = |e: gpio_cdev::Error| OpenError::ResetLine {
        path: chip.display().to_string(),
        line,
        reason: e.to_string(),
    };
    let handle = gpio_cdev::Chip::new(chip)
        .and_then(|mut chip| chip.get_line(line))
        .and_then(|line| line.request(LineRequestFlags::OUTPUT, 1, "tipring analog reset"))
        .map_err(failed)?;
    CdevPin::new(handle).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_one_clear_line() {
        let spi = open_spi(Path::new("/dev/spidev99.0"), None).err().unwrap().to_string();
        assert!(spi.starts_with("/dev/spidev99.0: No such file or directory"), "{spi}");
        let reset = open_reset_line(Path::new("/dev/gpiochip99"), 4).err().unwrap().to_string();
        assert!(reset.starts_with("/dev/gpiochip99 line 4: "), "{reset}");
        assert!(!spi.contains('\n') && !reset.contains('\n'));
    }
}
