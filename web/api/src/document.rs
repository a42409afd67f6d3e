//! The OpenAPI document, put together from the routes themselves.

use std::collections::BTreeMap;

use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, OpenApi as Document, Ref, RefOr, Response, ResponseBuilder, Schema,
};
use utoipa::{IntoResponses, Modify, OpenApi};

use crate::Problem;

/// What the document says of the whole.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tipring",
        description = "The web side of a Tipring telephony box. Times are milliseconds since \
            1970-01-01T00:00:00Z, durations milliseconds, unless a name says otherwise. Every \
            field of an answer is always there; what is not known is null.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT")
    ),
    components(schemas(Problem)),
    modifiers(&SessionCookie)
)]
pub(crate) struct Base;

struct SessionCookie;

impl Modify for SessionCookie {
    fn modify(&self, document: &mut Document) {
        let description = "Given by POST /api/login.";
        let cookie = ApiKeyValue::with_description("tipring_session", description);
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

/// The problems a kind of route may answer with, by status.
fn problems(list: &[(&str, &str)]) -> BTreeMap<String, RefOr<Response>> {
    let one = |(status, description): &(&str, &str)| {
        let schema = RefOr::<Schema>::Ref(Ref::from_schema_name("Problem"));
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let response = ResponseBuilder::new()
            .description(*description)
            .content("application/problem+json", content)
            .build();
        ((*status).to_owned(), RefOr::T(response))
    };
    list.iter().map(one).collect()
}

macro_rules! problem_sets {
    ($($(#[$doc:meta])* $name:ident = [$($problem:expr),* $(,)?];)*) => {$(
        $(#[$doc])*
        pub(crate) struct $name;
        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                problems(&[$($problem),*])
            }
        }
    )*};
}

const NOT_RIGHT: (&str, &str) = ("400", "The request is not right");
const NOT_LOGGED_IN: (&str, &str) = ("401", "Not logged in");
const FORBIDDEN: (&str, &str) =
    ("403", "A password of one's own must be chosen first, or another site's page asks");
const NOT_THERE: (&str, &str) = ("404", "There is no such thing");
const TOO_LARGE: (&str, &str) = ("413", "The body is too large");
const WRONG_TYPE: (&str, &str) = ("415", "The body is of the wrong kind");
const INTERNAL: (&str, &str) = ("500", "The box could not do it");
const BUSY: (&str, &str) = ("503", "The box has too much to do; try again");

problem_sets! {
    /// Of a route that only reads.
    ReadProblems = [NOT_RIGHT, NOT_LOGGED_IN, FORBIDDEN, INTERNAL];
    /// Of a route that reads one thing.
    ReadOneProblems = [NOT_RIGHT, NOT_LOGGED_IN, FORBIDDEN, NOT_THERE, INTERNAL];
    /// Of a route that changes something and has a body.
    BodyProblems =
        [NOT_RIGHT, NOT_LOGGED_IN, FORBIDDEN, TOO_LARGE, WRONG_TYPE, INTERNAL, BUSY];
    /// Of a route that asks the switch for something.
    CommandProblems = [
        NOT_RIGHT, NOT_LOGGED_IN, FORBIDDEN, NOT_THERE,
        ("409", "Not in this state"), INTERNAL, BUSY,
    ];
    /// Of a route that asks the switch for something and has a body.
    CommandBodyProblems = [
        NOT_RIGHT, NOT_LOGGED_IN, FORBIDDEN, NOT_THERE, ("409", "Not in this state"),
        TOO_LARGE, WRONG_TYPE, ("429", "Too many wrong passwords"), INTERNAL, BUSY,
    ];
}

/// Says of every schema that each of its fields is always there, which is how the box writes its
/// answers and reads its bodies; only a [`Problem`] leaves fields out.
pub(crate) fn require_every_field(document: &mut Document) {
    let Some(components) = &mut document.components else { return };
    for (name, schema) in &mut components.schemas {
        if name != "Problem" {
            require(schema);
        }
    }
}

fn require(schema: &mut RefOr<Schema>) {
    let RefOr::T(schema) = schema else { return };
    match schema {
        Schema::Object(object) => {
            object.required = object.properties.keys().cloned().collect();
            object.properties.values_mut().for_each(require);
        }
        Schema::OneOf(one_of) => one_of.items.iter_mut().for_each(require),
        Schema::AllOf(all_of) => all_of.items.iter_mut().for_each(require),
        _ => {}
    }
}
