//! The storm over exchange lines, by hand: all of it, or one seed again.

use clap::Parser;
use tipring_test_storm::{Mix, Sounds, Table, cost_of_a_line, run};

/// Calls over exchange lines with faults by seed.
#[derive(Parser)]
struct Options {
    /// How many calls.
    #[arg(long, default_value_t = 2_400)]
    calls: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Only the call of this seed, with what it is.
    #[arg(long)]
    seed: Option<u64>,
    /// Measure what a line costs, too.
    #[arg(long)]
    cpu: bool,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let sounds = Sounds::load()?;
    if let Some(seed) = options.seed {
        println!("{:#?}", Mix::of(seed));
        let verdict = run(seed, &sounds);
        println!("{verdict}");
        anyhow::ensure!(verdict.is_good(), "seed {seed} failed");
        return Ok(());
    }
    let mut table = Table::default();
    for seed in options.from..options.from + options.calls {
        table.add(run(seed, &sounds));
    }
    println!("{table}");
    if options.cpu {
        println!("{}", cost_of_a_line(&sounds));
    }
    anyhow::ensure!(table.failed().is_empty(), "{} calls failed", table.failed().len());
    Ok(())
}
