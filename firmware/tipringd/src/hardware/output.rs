//! One wire that is on or off: a GPIO line, or a LED of the kernel's LED class.

use std::fs;
use std::path::{Path, PathBuf};

use linux_embedded_hal::gpio_cdev::{self, LineHandle, LineRequestFlags};
use tipring_board::{Light, Pin};

/// Where the kernel's LEDs are.
const LED_CLASS: &str = "/sys/class/leds";

/// The hardware seam of lights and relays.
pub(super) trait Output: Send {
    /// Switches it.
    ///
    /// # Errors
    /// What the system says, with the file or line.
    fn set(&mut self, on: bool) -> Result<(), String>;
}

/// A GPIO line that is an output.
struct GpioLine {
    line: LineHandle,
    active_low: bool,
    name: String,
}

impl Output for GpioLine {
    fn set(&mut self, on: bool) -> Result<(), String> {
        let level = u8::from(on != self.active_low);
        self.line.set_value(level).map_err(|e| format!("{}: {e}", self.name))
    }
}

/// Requests a GPIO line as an output that is off.
///
/// # Errors
/// In one line, what to look at.
pub(super) fn open_pin(pin: &Pin, what: &str) -> Result<Box<dyn Output>, String> {
    let name = format!("{} line {}", pin.chip, pin.line);
    let failed = |e: gpio_cdev::Error| {
        format!("{name}: {e}; does the board's description name the line rightly, and is it free?")
    };
    let off = u8::from(pin.active_low);
    let line = gpio_cdev::Chip::new(&pin.chip)
        .and_then(|mut chip| chip.get_line(pin.line))
        .and_then(|line| line.request(LineRequestFlags::OUTPUT, off, what))
        .map_err(failed)?;
    Ok(Box::new(GpioLine { line, active_low: pin.active_low, name }))
}

/// A LED of the kernel's.
struct ClassLed(PathBuf);

impl Output for ClassLed {
    fn set(&mut self, on: bool) -> Result<(), String> {
        // Any brightness above the greatest is the greatest.
        let brightness = if on { "255" } else { "0" };
        fs::write(&self.0, brightness).map_err(|e| format!("{}: {e}", self.0.display()))
    }
}

/// Opens a light, dark.
///
/// # Errors
/// In one line, what to look at.
pub(super) fn open_light(light: &Light) -> Result<Box<dyn Output>, String> {
    match light {
        Light::Pin(pin) => open_pin(pin, "tipring light"),
        Light::Class(name) => open_class_led(Path::new(LED_CLASS), name),
    }
}

fn open_class_led(class: &Path, name: &str) -> Result<Box<dyn Output>, String> {
    let folder = class.join(name);
    let failed = |file: &str, e: std::io::Error| {
        format!(
            "{}/{file}: {e}; does the board's description name the LED rightly?",
            folder.display()
        )
    };
    // The box alone switches it, not the kernel's own trigger; some LEDs have none.
    match fs::write(folder.join("trigger"), "none") {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(failed("trigger", e)),
        _ => {}
    }
    let mut led = ClassLed(folder.join("brightness"));
    fs::write(&led.0, "0").map_err(|e| failed("brightness", e))?;
    led.set(false)?;
    Ok(Box::new(led))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_led_of_the_class_is_switched_by_its_brightness() {
        let class = tempfile::tempdir().unwrap();
        let folder = class.path().join("port1:green");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("brightness"), "128").unwrap();
        fs::write(folder.join("trigger"), "heartbeat").unwrap();
        let brightness = || fs::read_to_string(folder.join("brightness")).unwrap();
        let mut led = open_class_led(class.path(), "port1:green").unwrap();
        assert_eq!(brightness(), "0");
        assert_eq!(fs::read_to_string(folder.join("trigger")).unwrap(), "none");
        led.set(true).unwrap();
        assert_eq!(brightness(), "255");
    }

    #[test]
    fn what_is_not_there_is_one_clear_line() {
        let pin = Pin { chip: "/dev/gpiochip99".into(), line: 5, active_low: false };
        let e = open_pin(&pin, "test").err().unwrap();
        assert!(e.starts_with("/dev/gpiochip99 line 5: ") && !e.contains('\n'), "{e}");
        let class = tempfile::tempdir().unwrap();
        let e = open_class_led(class.path(), "none-such").err().unwrap();
        assert!(e.contains("none-such/brightness: No such file or directory"), "{e}");
    }
}
