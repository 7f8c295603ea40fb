//! A slot: the task that takes one call after another and has a worker do it.
//!
//! A pool has as many slots as it may have workers, and a slot has one worker or none. So "one call
//! in flight per worker" and "never more workers than asked for" hold without being counted.

use super::arena;
use super::call::{Call, Reply};
use super::connection::{Connection, Failure};
use super::first::{First, first};
use super::shared::Shared;
use super::spare;
use crate::pool::error::{Payload, PoolError};
use crate::time::sleep;
use std::panic::Location;
use std::rc::Rc;

/// Lives as slot `number` of the pool, until the pool is closed.
pub(super) async fn serve(pool: Rc<Shared>, number: usize) {
    let pool = ClosesWithLoop(pool);
    let mut worker = None;
    while let Some(call) = next_call(&pool.0, number, worker.as_mut()).await {
        let call = InHand(call);
        let _busy = pool.0.busy.begin();
        let outcome = do_call(&pool.0, &mut worker, &call.0).await;
        call.0.finish(outcome);
    }
}

/// Waits for the next call. A worker that is idle for long meanwhile gives memory back.
async fn next_call(
    pool: &Shared,
    number: usize,
    worker: Option<&mut Connection>,
) -> Option<Rc<Call>> {
    if let Some(worker) = worker.filter(|worker| worker.is_swollen()) {
        if let First::This(call) = first(pool.next_call(number), sleep(arena::IDLE)).await {
            return call;
        }
        worker.shrink();
    }
    pool.next_call(number).await
}

/// Has a call done by the slot's worker, or by a new one if that is gone.
async fn do_call(
    pool: &Shared,
    worker: &mut Option<Connection>,
    call: &Call,
) -> Result<Reply, PoolError> {
    let submitted = call.submitted;
    let mut frame = None;
    // A worker may have ended while it was idle, or end before it has read the call. Then the call
    // was not begun and another worker can have it; but not one after the other without end.
    let mut may_try_again = true;
    loop {
        let connection = match worker.take() {
            Some(connection) => connection,
            None => match Connection::open(pool).await {
                Ok(connection) => connection,
                Err(_) if pool.is_closed() => return Err(PoolError::Closed { submitted }),
                Err(source) => return Err(PoolError::Io { source, submitted }),
            },
        };
        let connection = worker.insert(connection);
        let started = call.start(connection.fate());
        let Some(frame) = started.map(|started| frame.get_or_insert(started)) else {
            // The job was dropped while the worker was born: keep that for the next call.
            return Err(PoolError::Closed { submitted });
        };
        let failure = match connection.call(frame).await {
            Ok(reply) => {
                spare::keep(std::mem::take(frame));
                return Ok(reply);
            }
            Err(failure) => failure,
        };
        *worker = None;
        if pool.is_closed() {
            return Err(PoolError::Closed { submitted });
        }
        match failure {
            Failure::NotBegun(_) if may_try_again => may_try_again = false,
            failure => return Err(error_of(failure, submitted)),
        }
    }
}

/// What a call is told of a worker that did not do it.
fn error_of(failure: Failure, submitted: &'static Location<'static>) -> PoolError {
    match failure {
        Failure::NotBegun(death) | Failure::Ended(death) => PoolError::WorkerDied {
            pid: death.pid,
            status: death.status,
            submitted,
        },
        Failure::Garbled(error) => PoolError::Decode {
            what: Payload::Result,
            reason: error.to_string(),
            submitted,
        },
    }
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
