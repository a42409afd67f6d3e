//! Prints the OpenAPI document: `cargo run -p tipring-api --example openapi > web/api/openapi.json`.

fn main() -> Result<(), serde_json::Error> {
    serde_json::to_writer_pretty(std::io::stdout().lock(), &tipring_api::openapi())?;
    println!();
    Ok(())
}
