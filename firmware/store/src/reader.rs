//! Reading, apart from the writer: a few read-only connections that take turns.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use crate::{StoreError, schema};

/// How many connections read at once. A page's queries take milliseconds, so more would only cost
/// memory.
const CONNECTIONS_MAX: usize = 4;

#[derive(Default)]
struct Pool {
    idle: Vec<Connection>,
    open: usize,
}

struct Shared {
    path: PathBuf,
    pool: Mutex<Pool>,
    returned: Condvar,
}

/// Reads the store. Cheap to clone; each query borrows a connection and waits where all are in
/// use, so call it from a thread that may wait.
#[derive(Clone)]
pub struct Reader {
    shared: Arc<Shared>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("path", &self.shared.path).finish_non_exhaustive()
    }
}

impl Reader {
    pub(crate) fn new(path: PathBuf) -> Self {
        let shared = Shared { path, pool: Mutex::default(), returned: Condvar::new() };
        Reader { shared: Arc::new(shared) }
    }

    /// Reads a state folder that another process may be writing.
    pub fn open(dir: &std::path::Path) -> Result<Self, StoreError> {
        let reader = Reader::new(schema::database_path(dir));
        let connection = schema::open_reader(&reader.shared.path)?;
        schema::check_current(&connection, &reader.shared.path)?;
        let mut pool = reader.lock();
        pool.open = 1;
        pool.idle.push(connection);
        drop(pool);
        Ok(reader)
    }

    fn lock(&self) -> MutexGuard<'_, Pool> {
        self.shared.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `query` on a connection of the pool.
    pub(crate) fn with<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let connection = self.borrow()?;
        // A query that panics loses its connection, not its place.
        let mut place = Place { reader: self, connection: None };
        let result = query(&connection);
        place.connection = Some(connection);
        drop(place);
        result.map_err(|e| StoreError::at(&self.shared.path, e))
    }

    fn borrow(&self) -> Result<Connection, StoreError> {
        let exhausted = |p: &mut Pool| p.idle.is_empty() && p.open >= CONNECTIONS_MAX;
        let mut pool = self
            .shared
            .returned
            .wait_while(self.lock(), exhausted)
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = pool.idle.pop() {
            return Ok(connection);
        }
        pool.open += 1;
        drop(pool);
        // Dropped without a connection, the place is free again.
        let place = Place { reader: self, connection: None };
        let connection = schema::open_reader(&self.shared.path)?;
        std::mem::forget(place);
        Ok(connection)
    }
}

/// A place in the pool, given back when it is dropped.
struct Place<'a> {
    reader: &'a Reader,
    connection: Option<Connection>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut pool = self.reader.lock();
        match self.connection.take() {
            Some(connection) => pool.idle.push(connection),
            None => pool.open -= 1,
        }
        drop(pool);
        self.reader.shared.returned.notify_one();
    }
}
