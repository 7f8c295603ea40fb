//! A slot: the task that takes one call after another and has a worker do it.
//!
//! A pool has as many slots as it may have workers, and a slot has one worker or none. So "one call
//! in flight per worker" and "never more workers than asked for" hold without being counted.

use super::call::{Call, Reply};
use super::connection::{Connection, Failure};
use super::shared::Shared;
use crate::pool::error::{Payload, PoolError};
use std::rc::Rc;

/// Lives as slot `number` of the pool, until the pool is closed.
pub(super) async fn serve(pool: Rc<Shared>, number: usize) {
    let pool = ClosesWithLoop(pool);
    let mut worker = None;
    while let Some(call) = pool.0.next_call(number).await {
        let call = InHand(call);
        let _busy = pool.0.busy.begin();
        let outcome = do_call(&pool.0, &mut worker, &call.0).await;
        call.0.finish(outcome);
    }
}

/// Has a call done by the slot's worker, or by a new one if that is gone.
async fn do_call(
    pool: &Shared,
    worker: &mut Option<Connection>,
    call: &Call,
) -> Result<Reply, PoolError> {
    let submitted = call.submitted;
    let connection = match worker.take().filter(Connection::is_usable) {
        Some(connection) => connection,
        None => match Connection::open(pool).await {
            Ok(connection) => connection,
            Err(_) if pool.is_closed() => return Err(PoolError::Closed { submitted }),
            Err(source) => return Err(PoolError::Io { source, submitted }),
        },
    };
    let connection = worker.insert(connection);
    let Some(frame) = call.start(connection.fate()) else {
        // The job was dropped while the worker was born: keep that for the next call.
        return Err(PoolError::Closed { submitted });
    };
    let failure = match connection.call(&frame, pool.limit).await {
        Ok(reply) => return Ok(reply),
        Err(failure) => failure,
    };
    *worker = None;
    Err(match failure {
        _ if pool.is_closed() => PoolError::Closed { submitted },
        Failure::Ended(death) => PoolError::WorkerDied {
            pid: death.pid,
            status: death.status,
            submitted,
        },
        Failure::Garbled(error) => PoolError::Decode {
            what: Payload::Result,
            reason: error.to_string(),
            submitted,
        },
    })
}

/// A call that a slot has taken. If the slot is dropped with it, the job must not wait for ever.
struct InHand(Rc<Call>);

impl Drop for InHand {
    fn drop(&mut self) {
        self.0.finish(Err(PoolError::Closed {
            submitted: self.0.submitted,
        }));
    }
}

/// Closes the pool when a slot is dropped, as happens at the end of the loop.
struct ClosesWithLoop(Rc<Shared>);

impl Drop for ClosesWithLoop {
    fn drop(&mut self) {
        self.0.close();
    }
}
