//! The OpenAPI document, put together from the routes themselves.

use std::collections::BTreeMap;

use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ContentBuilder, Object, OpenApi as Document, Ref, RefOr, Required, Response, ResponseBuilder,
    Schema, Type,
};
use utoipa::{IntoResponses, Modify, OpenApi};

use crate::Problem;
use crate::access::{Who, access};
use crate::routes::entries::Section;
use crate::routes::roles::RoleName;

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
    components(schemas(Problem, Section)),
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
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A token made by POST /api/tokens."));
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("token", SecurityScheme::Http(bearer.build()));
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
const FORBIDDEN: (&str, &str) = (
    "403",
    "The role or its scope does not allow it, a password of one's own must be chosen first, or \
     another site's page asks",
);
const NOT_THERE: (&str, &str) = ("404", "There is no such thing");
const TOO_LARGE: (&str, &str) = ("413", "The body is too large");
const WRONG_TYPE: (&str, &str) = ("415", "The body is of the wrong kind");
const INTERNAL: (&str, &str) = ("500", "The box could not do it");
const SLOW: (&str, &str) = ("408", "The body did not come");
const DISK: (&str, &str) = ("507", "The disk takes nothing now");
const BUSY: (&str, &str) = ("503", "The box has too much to do; try again");

problem_sets! {
    /// Of a route that only reads.
    ReadProblems = [NOT_RIGHT, NOT_LOGGED_IN, FORBIDDEN, INTERNAL];
    /// Of a route that reads one thing.
    ReadOneProblems = [NOT_RIGHT, NOT_LOGGED_IN, FORBIDDEN, NOT_THERE, INTERNAL];
    /// Of a route that changes something and has a body.
    BodyProblems =
        [NOT_RIGHT, NOT_LOGGED_IN, FORBIDDEN, TOO_LARGE, WRONG_TYPE, INTERNAL, BUSY];
    /// Of a route that changes what must be as it was seen.
    MatchProblems = [
        NOT_THERE,
        ("412", "Somebody has changed it meanwhile"),
        ("428", "Say which state you saw by If-Match"),
    ];
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

/// Says of every route whom it is for, and what the guard and the other layers before it answer:
/// the same table tells both.
pub(crate) fn describe_access(document: &mut Document) {
    for (path, item) in &mut document.paths.paths {
        let operations = [
            ("GET", &mut item.get),
            ("POST", &mut item.post),
            ("PUT", &mut item.put),
            ("DELETE", &mut item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                describe(method, path, operation);
            }
        }
    }
}

fn describe(method: &str, path: &str, operation: &mut Operation) {
    let Some(access) = access(method, path) else { return };
    let mut add = |list: &[(&str, &str)]| {
        for (status, response) in problems(list) {
            operation.responses.responses.entry(status).or_insert(response);
        }
    };
    if operation.request_body.is_some() {
        add(&[NOT_RIGHT, SLOW, TOO_LARGE, WRONG_TYPE]);
    }
    if method != "GET" {
        add(&[FORBIDDEN]);
    }
    if access.who == Who::Everybody {
        operation.security = None;
        if operation.request_body.is_some() {
            add(&[INTERNAL, BUSY, DISK]);
        }
        return;
    }
    add(&[NOT_RIGHT, NOT_LOGGED_IN, FORBIDDEN, INTERNAL, BUSY, DISK]);
    let none: [&str; 0] = [];
    operation.security = Some(vec![
        SecurityRequirement::new("session", none),
        SecurityRequirement::new("token", none),
    ]);
    if method == "POST" {
        add(&[
            SLOW,
            ("409", "Not in this state, or the first request with this key still runs"),
            TOO_LARGE,
            ("422", "The key was used for another request"),
        ]);
        let key = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(
                "A key of one's own choice, new for each command. When the request is sent again \
                 with it, the first answer comes again and nothing is done twice.",
            ))
            .schema(Some(Object::with_type(Type::String)));
        operation.parameters.get_or_insert_default().push(RefOr::T(key.build()));
    }
    let names: Vec<String> =
        access.who.roles().iter().map(|role| RoleName::from(*role).word()).collect();
    let said = format!("For: {}.", names.join(", "));
    operation.description = Some(match operation.description.take() {
        Some(text) => format!("{text}\n\n{said}"),
        None => said,
    });
}
