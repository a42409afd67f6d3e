//! `tipringd`: the box.

use std::process::ExitCode;

use clap::Parser;
use tipring_tipringd::daemon;
use tipring_tipringd::options::DaemonOptions;

fn main() -> ExitCode {
    match daemon::run(DaemonOptions::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("tipringd: {e:#}");
            ExitCode::FAILURE
        }
    }
}
