//! The product's files that depend on the processor, compiled for ARM.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use tipring_test_arm::{Arm, Compiler, emulate, run};

static COMPILER: LazyLock<Compiler> = LazyLock::new(|| {
    Compiler::prepared(&folder().join("arm")).unwrap_or_else(|error| panic!("{error:#}"))
});

fn folder() -> PathBuf {
    env!("CARGO_TARGET_TMPDIR").into()
}

/// A folder that no other test writes to.
fn own_folder(name: &str) -> PathBuf {
    let folder = folder().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// Noise and its echo over a short path, as the program takes it.
fn noise_and_echo() -> Vec<u8> {
    let mut seed = 1u32;
    let mut noise = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) as i16
    };
    let sent: Vec<i16> = (0..32_000).map(|_| noise() / 8).collect();
    let echo = |n: usize| {
        let ago = |samples: usize| n.checked_sub(samples).map_or(0, |at| sent[at]);
        ago(40) / 3 - ago(47) / 5 + ago(260) / 9
    };
    (0..sent.len())
        .flat_map(|n| [sent[n], echo(n) + noise() / 2000])
        .flat_map(i16::to_le_bytes)
        .collect()
}

fn samples(bytes: &[u8]) -> Vec<f64> {
    bytes.as_chunks::<2>().0.iter().map(|b| f64::from(i16::from_le_bytes(*b))).collect()
}

fn energy(samples: &[f64]) -> f64 {
    samples.iter().map(|s| s * s).sum()
}

#[test]
fn with_neon_the_canceller_leaves_what_it_leaves_without() {
    let program = folder().join("echo-aarch64");
    COMPILER.build(&source("tests/arm/src/echo.rs"), false, &program).unwrap();
    let input = noise_and_echo();
    let received: Vec<f64> = samples(&input).into_iter().skip(1).step_by(2).collect();
    let neon = samples(&emulate(&program, &["best"], &input).unwrap());
    assert_eq!(neon.len(), received.len());
    let (late, late_received) = (&neon[16_000..], &received[16_000..]);
    assert!(energy(late) < 0.003 * energy(late_received), "it takes the echo out");
    for instructions in ["best", "portable"] {
        let mut here = Command::new(env!("CARGO_BIN_EXE_tipring-arm-echo"));
        let here = samples(&run(here.arg(instructions), &input).unwrap());
        let apart: Vec<f64> = here.iter().zip(&neon).map(|(a, b)| a - b).collect();
        let same = apart.iter().filter(|d| **d == 0.0).count() as f64 / apart.len() as f64;
        println!("{instructions}: {:.2} % of the samples are the same", same * 100.0);
        assert!(energy(&apart) < 0.001 * energy(&neon), "{instructions}: {same}");
    }
}

#[test]
fn the_cancellers_own_tests_pass_with_neon() {
    let program = folder().join("echo-tests-aarch64");
    COMPILER.build(&source("tests/arm/src/echo.rs"), true, &program).unwrap();
    let said = String::from_utf8(emulate(&program, &["--test-threads=1"], &[]).unwrap()).unwrap();
    assert!(said.contains("test result: ok") && !said.contains(" 0 passed"), "{said}");
}

#[test]
fn what_crosses_to_the_kernel_is_the_same_on_arm() {
    for arm in [Arm::Aarch64, Arm::Armv7] {
        let layout = source("drivers/dahdi/src/layout.rs");
        COMPILER.check(arm, &layout, &own_folder("arm-layout")).unwrap();
    }
}

#[test]
fn a_wrong_layout_would_be_found() {
    let folder = own_folder("arm-wrong");
    let source = folder.join("wrong.rs");
    std::fs::write(&source, "const _: () = assert!(size_of::<usize>() == 4);").unwrap();
    assert!(COMPILER.check(Arm::Aarch64, &source, &folder).is_err());
    assert!(COMPILER.check(Arm::Armv7, &source, &folder).is_ok());
}
