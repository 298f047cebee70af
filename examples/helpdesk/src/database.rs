//! The help desk's own tables.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::web::Failure;

/// One connection for all requests: a help desk has more patience than work.
#[derive(Clone)]
pub struct Database(Arc<Mutex<Connection>>);

impl Database {
    /// Opens the file that upr has made, and adds our tables to it.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let connection = Connection::open(path)?;
        // upr's writers and ours share the file: whoever comes second waits.
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.execute_batch(include_str!("schema.sql"))?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Runs `work` in one transaction that only reads, on a thread that may wait.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let database = self.clone();
        let begin = TransactionBehavior::Deferred;
        tokio::task::spawn_blocking(move || database.run(begin, work)).await?
    }

    /// Runs `work` in one transaction, on a thread that may wait. What fails leaves nothing behind.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let database = self.clone();
        tokio::task::spawn_blocking(move || database.write_now(work)).await?
    }

    /// As [`write`](Self::write), on this thread.
    pub fn write_now<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        // The lock is taken at once: a transaction that reads first may find that it cannot write.
        self.run(TransactionBehavior::Immediate, work)
    }

    fn run<T>(
        &self,
        begin: TransactionBehavior,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        // A thread that panicked rolled its transaction back: the connection is as good as new.
        let mut connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction_with_behavior(begin)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }
}
