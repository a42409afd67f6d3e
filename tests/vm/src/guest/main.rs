//! What runs inside the virtual machine: the box's DAHDI driver against the real kernel modules.
//!
//! `tipring-vm-guest TRIAL` runs one trial and prints, for each thing shown, one line: `shown NAME:
//! FIGURES`, or `failed NAME: WHY`. The test outside reads the console.

mod box_analog;
mod box_calls;
mod box_span;
mod calls;
mod drift;
mod exchange;
mod isdn;
mod isdn_loss;
mod loss;
mod opening;
mod rig;
mod span;
mod span_loss;
mod the_box;
mod wire;

use std::process::ExitCode;

/// What a trial says.
pub(crate) type Trial = anyhow::Result<String>;

fn report(name: &str, result: Trial) -> bool {
    match result {
        Ok(figures) => println!("shown {name}: {figures}"),
        Err(why) => {
            println!("failed {name}: {why:#}");
            return false;
        }
    }
    true
}

fn main() -> ExitCode {
    let trial = std::env::args().nth(1).unwrap_or_default();
    let fine = match trial.as_str() {
        "without-module" => {
            report("without-module", opening::refused(1, tipring_line::PortKind::Fxo))
        }
        "without-permission" => {
            report("without-permission", opening::refused(1, tipring_line::PortKind::Fxo))
        }
        "opening" => opening::trials(),
        "wire" => wire::trials(),
        "calls" => calls::trials(),
        "drift" => drift::trials(),
        "loss" => loss::trials(),
        "span" => span::trials(),
        "isdn" => isdn::trials(),
        "span-loss" => span_loss::trials(),
        "isdn-loss" => isdn_loss::trials(),
        "box" => box_calls::trials(),
        _ => {
            eprintln!("there is no trial '{trial}'");
            false
        }
    };
    if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
