//! Virtual machines with a real kernel, for drivers that cannot be tried without one.
//!
//! The kernel and what it needs come from Debian's packages, fetched and built once into a cache
//! folder (`dahdi/prepare`). A machine runs emulated, without network and without disks; its time
//! is counted in instructions and skips idle waiting (`-icount`), so that neither a busy host nor a
//! long wait inside matters.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod initramfs;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail, ensure};

pub use initramfs::Initramfs;

/// After so many seconds of the host's time a machine is taken for stuck; a busy host needs a few
/// hundred.
const RUN_S_MAX: u32 = 900;

/// This package's folder.
fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn run(command: &mut Command) -> Result<Output> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output =
        command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {name}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{name} ended with {}:\n{said}", output.status);
    }
    Ok(output)
}

/// Fetches and builds what is not in the cache yet: the folder that is ready.
fn prepared(cache: &Path) -> Result<PathBuf> {
    ensure!(cfg!(target_arch = "x86_64"), "the machine runs this host's programs, on x86-64 alone");
    let output = run(Command::new(package().join("dahdi/prepare")).arg(cache))?;
    let said = String::from_utf8(output.stdout).context("a path in UTF-8")?;
    Ok(PathBuf::from(said.trim_end().lines().last().context("prepare said no folder")?))
}

/// The libraries a program needs, loader included, as the host has them or `more` does.
fn libraries(program: &Path, more: &Path) -> Result<BTreeSet<PathBuf>> {
    let output = run(Command::new("ldd").env("LD_LIBRARY_PATH", more).arg(program))?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(!said.contains("not found"), "{} lacks libraries:\n{said}", program.display());
    let words = said.split_whitespace().filter(|word| word.starts_with('/'));
    Ok(words.map(PathBuf::from).collect())
}

/// One of the box's programs: in `TIPRING_BIN_DIR`, or where the workspace builds it, which is where
/// it builds the guest.
fn built(program: &str, guest: &Path) -> Result<PathBuf> {
    let beside = guest.parent().map(Path::to_owned);
    let folder = std::env::var_os("TIPRING_BIN_DIR").map(PathBuf::from).or(beside);
    let path = folder.context("the guest lies in a folder")?.join(program);
    ensure!(
        path.is_file(),
        "{} is not there: run `cargo build -p tipring-tipringd` first, or set TIPRING_BIN_DIR",
        path.display()
    );
    Ok(path)
}

/// Folders of the guest's file system, parents first.
const FOLDERS: [&str; 12] = [
    "bin",
    "dev",
    "etc",
    "etc/dahdi",
    "etc/tipring",
    "etc/tipring/board",
    "lib",
    "lib64",
    "modules",
    "proc",
    "sys",
    "tmp",
];

/// Files of this package, and where the guest has them.
const FILES: [(&str, &str); 6] = [
    ("dahdi/init", "init"),
    ("dahdi/system.conf", "etc/dahdi/system.conf"),
    ("dahdi/again.conf", "etc/dahdi/again.conf"),
    ("dahdi/bare.conf", "etc/dahdi/bare.conf"),
    ("box/board.toml", "etc/tipring/board/board.toml"),
    ("box/site.toml", "etc/tipring/site.toml"),
];

/// The guest's file system: the tools and modules of the cache, our guest program, the box, the
/// scripts.
fn file_system(ready: &Path, guest: &Path) -> Result<Vec<u8>> {
    let mut system = Initramfs::new();
    FOLDERS.iter().for_each(|folder| system.folder(folder));
    let mut copy = |from: &Path, to: &str| -> Result<()> {
        let content = std::fs::read(from).with_context(|| from.display().to_string())?;
        system.file(to, &content);
        Ok(())
    };
    let root = ready.join("root");
    let tools = ["busybox", "dahdi_cfg"].map(|tool| root.join("bin").join(tool));
    let libpri = tipring_test_libpri::program().to_owned();
    let ours = [guest.to_owned(), built("tipringd", guest)?, built("tipring", guest)?];
    let mut needed = BTreeSet::new();
    for program in tools[1..].iter().chain([&libpri]).chain(&ours) {
        needed.extend(libraries(program, &root)?);
    }
    copy(&libpri, "bin/pri_peer")?;
    for tool in &tools {
        copy(tool, &format!("bin/{}", name_of(tool)?))?;
    }
    for library in &needed {
        let name = name_of(library)?;
        let folder = if name.starts_with("ld-") { "lib64" } else { "lib" };
        copy(library, &format!("{folder}/{name}"))?;
    }
    for module in std::fs::read_dir(ready.join("modules"))? {
        let module = module?.path();
        copy(&module, &format!("modules/{}", name_of(&module)?))?;
    }
    for program in &ours {
        // Without what only a debugger wants, the machine starts sooner.
        let stripped = ready.join(name_of(program)?);
        run(Command::new("strip").arg("-o").arg(&stripped).arg(program))?;
        copy(&stripped, &format!("bin/{}", name_of(program)?))?;
    }
    for (from, to) in FILES {
        copy(&package().join(from), to)?;
    }
    system.file("etc/passwd", b"root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n");
    system.file("etc/group", b"root:x:0:\ndialout:x:20:\nnogroup:x:65534:\n");
    Ok(system.finish())
}

fn name_of(path: &Path) -> Result<&str> {
    path.file_name().and_then(|n| n.to_str()).with_context(|| path.display().to_string())
}

/// What a machine printed.
#[derive(Debug)]
pub struct Console(String);

impl Console {
    /// The figures of what was shown by this name.
    ///
    /// # Errors
    /// The whole console, if it was not shown.
    pub fn shown(&self, name: &str) -> Result<&str> {
        let start = format!("shown {name}: ");
        let line = self.0.lines().find_map(|line| line.trim_end().strip_prefix(&start));
        line.with_context(|| format!("'{name}' was not shown; the machine's console:\n{}", self.0))
    }
}

/// Starts the machine with the DAHDI modules and lets this guest program run all its trials.
///
/// # Errors
/// What could not be fetched, built or started; the console, if the machine did not come to its
/// end by itself.
pub fn run_dahdi(cache: &Path, guest: &Path) -> Result<Console> {
    let ready = prepared(cache)?;
    // While one trial is worked on, it alone need run: TIPRING_VM_TRIALS names it, or several.
    let some = std::env::var("TIPRING_VM_TRIALS")
        .map_or(String::new(), |names| format!(" trials=\"{names}\""));
    let initrd = ready.join("initramfs");
    std::fs::write(&initrd, file_system(&ready, guest)?)?;
    let output = Command::new("timeout")
        .arg(RUN_S_MAX.to_string())
        .arg("qemu-system-x86_64")
        // One billion instructions a second, and none while it waits.
        .args(["-accel", "tcg", "-icount", "shift=0,sleep=off", "-cpu", "qemu64", "-m", "512"])
        .args(["-nodefaults", "-no-user-config", "-nographic", "-no-reboot", "-serial", "stdio"])
        .arg("-kernel")
        .arg(ready.join("vmlinuz"))
        .arg("-initrd")
        .arg(&initrd)
        .args(["-append", &format!("console=ttyS0 quiet panic=-1 rdinit=/init{some}")])
        .stdin(Stdio::null())
        .output()
        .context("cannot run qemu-system-x86_64: ./box test installs what the tests need")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(
        text.contains("all trials done"),
        "the machine ended with {} before its trials did; {}; its console:\n{text}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(Console(text))
}
