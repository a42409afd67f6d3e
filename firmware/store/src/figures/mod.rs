//! Figures of the call centre, kept as they arise.
//!
//! Whenever an event completes a piece of work, what it adds is counted in the quarter hours it
//! falls into, in the event's own transaction; once a local day is over its quarters are also added
//! up by hour, by day, and by hour of the day of a month, so that a year is read from a few thousand
//! rows. What is not complete yet is read from the rows that are open, as of the time asked for.

mod counter;
mod formula;
pub(crate) mod ledger;
mod query;
pub(crate) mod slot;
pub(crate) mod work;

pub use formula::{
    CallFigures, HandlingFigures, Limits, OfferFigures, ServiceLevel, TimeFigures, VisitFigures,
    WaitBucket,
};
pub use query::{By, FIGURE_ROWS_MAX, FigureQuery, FigureRow, FigureSubject};
pub use slot::{Step, StepStart};
