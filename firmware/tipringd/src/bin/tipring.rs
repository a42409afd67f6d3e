//! `tipring`: speaks to the running box.

use std::process::ExitCode;

use clap::Parser;
use tipring_tipringd::client;
use tipring_tipringd::options::ClientOptions;

fn main() -> ExitCode {
    match client::run(ClientOptions::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("tipring: {e:#}");
            ExitCode::FAILURE
        }
    }
}
