//! `dtmf`: what the detector hears and what it does not, beside SpanDSP's.
mod ears;
mod noise;
mod q24;
mod signal;
mod speech;
use ears::Make;
pub(crate) fn run() -> anyhow::Result<()> { q24::run(std::env::var("FULL").is_err())?; 
 let sp = speech::load(std::path::Path::new(&std::env::var("ROOT").unwrap_or("/".into())))?;
 for gain in [1.0f32, 0.25, 0.1, 3.0] {
 for s in &sp {
   let x: Vec<i16> = s.samples.iter().map(|v| (*v as f32 * gain) as i16).collect();
   print!("{gain} {} {:.1} min", s.source, s.minutes());
   for m in Make::ALL { let mut e=m.ear()?; let mut d=String::new(); let t=std::time::Instant::now();
     for f in x.chunks(160) { e.hear(f);} 
     let ns = t.elapsed().as_nanos() as f64/(x.len() as f64/160.0);
     d=e.digits(); print!("  [{d}] {ns:.0} ns"); }
   println!();
 }}
Ok(()) }
