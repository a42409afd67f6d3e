//! What the box's own processors do otherwise than the machine that tests run on: vector
//! instructions of aarch64, and the layout of what crosses to the kernel on 64- and 32-bit ARM.
//!
//! Files of the product are compiled for ARM by a compiler that Debian's packages have
//! (`prepare`), and run under `qemu-aarch64-static`. Whole crates are left out: the C parts of
//! their dependencies would want a whole ARM system to be compiled against.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// A processor to compile for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arm {
    /// 64-bit ARM.
    Aarch64,
    /// 32-bit ARM: what compiles can be checked, but not run.
    Armv7,
}

/// A compiler for ARM.
#[derive(Debug)]
pub struct Compiler {
    ready: PathBuf,
}

impl Compiler {
    /// Fetches into this folder what is not in it yet.
    ///
    /// # Errors
    /// What could not be fetched or built.
    pub fn prepared(cache: &Path) -> Result<Self> {
        ensure!(cfg!(target_arch = "x86_64"), "the compiler for ARM runs on x86-64 alone");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("prepare");
        let said = run(Command::new(script).arg(cache), &[])?;
        let said = String::from_utf8(said).context("a path in UTF-8")?;
        let ready = said.trim_end().lines().last().context("prepare said no folder")?;
        Ok(Compiler { ready: ready.into() })
    }

    /// Checks a file that uses nothing but `core`: its assertions hold on that processor.
    ///
    /// # Errors
    /// What the compiler says.
    pub fn check(&self, arm: Arm, source: &Path, out: &Path) -> Result<()> {
        // The file becomes a module, so that its own attributes may be those of one.
        let root = out.join(format!("check-{arm:?}.rs").to_lowercase());
        let source = source.canonicalize().with_context(|| source.display().to_string())?;
        std::fs::write(&root, format!("#![no_std]\n#[path = {source:?}]\nmod checked;\n"))?;
        let mut rustc = self.rustc(&root);
        match arm {
            Arm::Aarch64 => rustc.args(["--target", "aarch64-unknown-linux-gnu"]),
            Arm::Armv7 => rustc
                .args(["--target", "armv7-unknown-linux-gnueabihf", "-L"])
                .arg(self.ready.join("lib-armv7")),
        };
        rustc.args(["--crate-type", "lib", "--emit", "metadata", "--out-dir"]).arg(out);
        run(&mut rustc, &[]).map(drop)
    }

    /// Builds a program, or its unit tests, for aarch64.
    ///
    /// # Errors
    /// What the compiler says.
    pub fn build(&self, source: &Path, tests: bool, program: &Path) -> Result<()> {
        let mut rustc = self.rustc(source);
        if tests {
            rustc.arg("--test");
        }
        rustc
            .args(["-O", "--target", "aarch64-unknown-linux-gnu"])
            .args(["-Clinker=aarch64-linux-gnu-gcc", "-Ctarget-feature=+crt-static", "-o"])
            .arg(program);
        run(&mut rustc, &[]).map(drop)
    }

    fn rustc(&self, source: &Path) -> Command {
        let mut rustc = Command::new(self.ready.join("rustc"));
        rustc.args(["--edition", "2024", "--cap-lints", "allow"]).arg(source);
        rustc
    }
}

/// Runs a program for aarch64 under emulation: what it wrote.
///
/// # Errors
/// What it said when it failed.
pub fn emulate(program: &Path, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>> {
    run(Command::new("qemu-aarch64-static").arg(program).args(arguments), input)
}

/// Runs a command with this input: what it wrote.
///
/// # Errors
/// What it said when it failed.
pub fn run(command: &mut Command, input: &[u8]) -> Result<Vec<u8>> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {name}: ./box test installs what the tests need"))?;
    let mut stdin = child.stdin.take().context("a pipe to it")?;
    // The programs here read everything before they write anything.
    let _ = stdin.write_all(input);
    drop(stdin);
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name} ended with {}:\n{said}", output.status);
    Ok(output.stdout)
}
