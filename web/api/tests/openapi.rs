//! The committed OpenAPI document, from which the page's client is made, is what the routes say.

#[test]
fn the_committed_document_is_what_the_routes_say() {
    let committed = include_str!("../openapi.json");
    let now = serde_json::to_string_pretty(&tipring_api::openapi()).unwrap();
    let differ = committed.lines().zip(now.lines()).position(|(old, new)| old != new);
    assert!(
        committed.trim_end() == now,
        "web/api/openapi.json is not what the routes say (from line {}). If the change is meant:\n\
         cargo run -p tipring-api --example openapi > /tmp/openapi.json\n\
         mv /tmp/openapi.json web/api/openapi.json\n\
         and make web/client again from it.",
        differ.map_or(committed.lines().count().min(now.lines().count()), |line| line) + 1
    );
}
