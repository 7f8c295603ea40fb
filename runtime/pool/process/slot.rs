//! A slot: the task that takes one call after another and has a worker do it.
//!
//! A pool has as many slots as it may have workers, and a slot has one worker or none. So "one call
//! in flight per worker" and "never more workers than asked for" hold without being counted. Whether
//! a worker is needed is seen from what is there: calls that wait, workers that live.

use super::arena;
use super::call::{Call, Reply};
use super::connection::{Connection, Failure};
use super::first::{First, first};
use super::hired::Hired;
use super::life::Life;
use super::limits::Breach;
use super::shared::Shared;
use super::spare;
use crate::pool::error::{Payload, PoolError};
use crate::time::sleep;
use std::future::pending;
use std::mem;
use std::rc::Rc;

/// So many workers that nobody has asked for are started in a row if they die before their first call.
const MOST_IN_VAIN: u32 = 3;

/// Lives as slot `number` of the pool, until there will be no more calls.
pub(super) async fn serve(mut life: Life, number: usize) {
    let pool = life.pool();
    let mut worker = None;
    // How many workers in a row did not come to their first call.
    let mut in_vain = 0;
    loop {
        let ahead = pool.workers.get() < pool.settings.min_workers && in_vain < MOST_IN_VAIN;
        if worker.is_none() && ahead {
            worker = Hired::new(&pool, number, pool.made).await.ok();
            if worker.is_none() {
                // A call will try again, and tell what is wrong.
                in_vain = MOST_IN_VAIN;
            }
        }
        match next(&pool, number, worker.as_ref()).await {
            Next::Call(call) => {
                let call = InHand { call, pool: &pool };
                let _busy = pool.busy.begin();
                let outcome = do_call(&pool, number, &mut worker, &call.call).await;
                pool.account.ended(number as u32);
                call.call.finish(outcome);
                in_vain = match pool.failures.get() {
                    0 => 0,
                    _ => MOST_IN_VAIN,
                };
            }
            Next::Idle => retire_if(&pool, &mut worker, |_| {
                pool.workers.get() > pool.settings.min_workers
            }),
            Next::Swollen => worker
                .iter_mut()
                .for_each(|worker| worker.connection.shrink()),
            Next::Died => {
                let had_calls = worker.take().is_some_and(|dead| dead.calls > 0);
                in_vain = if had_calls { 0 } else { in_vain + 1 };
            }
            Next::Over => break,
        }
        retire_if(&pool, &mut worker, |worker| worker.is_spent(&pool));
    }
    if let Some(worker) = worker
        && !pool.is_closed()
    {
        let _busy = pool.busy.begin();
        worker.end().await;
    }
    life.end().await;
}

/// Retires the slot's worker, if it has one and this holds for it.
fn retire_if(pool: &Rc<Shared>, worker: &mut Option<Hired>, holds: impl Fn(&Hired) -> bool) {
    if let Some(worker) = worker.take_if(|worker| holds(worker)) {
        worker.retire(pool);
    }
}

/// What a slot has to do next.
enum Next {
    /// A call.
    Call(Rc<Call>),
    /// To see whether its worker is still needed: there was no call for some time.
    Idle,
    /// To have its worker give memory back: there was no large payload for some time.
    Swollen,
    /// To do without its worker, which died.
    Died,
    /// Nothing any more.
    Over,
}

/// Waits for the next call, and meanwhile for what may become of the worker.
async fn next(pool: &Shared, number: usize, worker: Option<&Hired>) -> Next {
    let change = async {
        let Some(worker) = worker else {
            return pending().await;
        };
        let idle = async {
            match pool.settings.idle_time {
                Some(time) => sleep(time).await,
                None => pending().await,
            }
        };
        let swollen = async {
            match worker.connection.is_swollen() {
                true => sleep(arena::IDLE).await,
                false => pending().await,
            }
        };
        let end = worker.connection.fate().end();
        match first(end, first(idle, swollen)).await {
            First::This(()) => Next::Died,
            First::Other(First::This(())) => Next::Idle,
            First::Other(First::Other(())) => Next::Swollen,
        }
    };
    match first(pool.queue.next(number), change).await {
        First::This(Some(call)) => Next::Call(call),
        First::This(None) => Next::Over,
        First::Other(next) => next,
    }
}

/// Has a call done by the slot's worker, or by a new one if that is gone.
async fn do_call(
    pool: &Rc<Shared>,
    number: usize,
    worker: &mut Option<Hired>,
    call: &Call,
) -> Result<Reply, PoolError> {
    let submitted = call.submitted;
    let mut frame = None;
    // A worker may have ended while it was idle, or end before it has read the call. Then the call
    // was not begun and another worker can have it; but not one after the other without end.
    let mut may_try_again = true;
    loop {
        let hired = match worker.take() {
            Some(hired) => hired,
            None => Hired::new(pool, number, submitted).await?,
        };
        let hired = worker.insert(hired);
        let started = call.start(hired.connection.fate());
        let Some(frame) = started.map(|started| frame.get_or_insert(started)) else {
            // The job was dropped while the worker was born: keep that for the next call.
            return Err(PoolError::Closed { submitted });
        };
        let failed = match exchange(pool, number, hired, call, frame).await {
            Ok(reply) => {
                spare::keep(mem::take(frame));
                return Ok(reply);
            }
            Err(failed) => failed,
        };
        *worker = None;
        match failed {
            Failed::NotBegun(_) if may_try_again => may_try_again = false,
            Failed::NotBegun(error) | Failed::For(error) => return Err(error),
        }
    }
}

/// Why a worker has not done a call. It can be given no other.
enum Failed {
    /// It ended before it had the whole call.
    NotBegun(PoolError),
    /// For another reason, which is the call's error.
    For(PoolError),
}

/// Gives a call to a worker and waits for the reply, a limit, or that nobody wants it any more.
async fn exchange(
    pool: &Shared,
    number: usize,
    hired: &mut Hired,
    call: &Call,
    frame: &mut Vec<u8>,
) -> Result<Reply, Failed> {
    let submitted = call.submitted;
    let connection = &mut hired.connection;
    hired.calls += 1;
    let account = &pool.account;
    account.began(number as u32, submitted, call.since, call.job);
    if let Some(words) = connection.fate().words() {
        words.forget();
    }
    let fate = connection.fate().clone();
    let stop = first(call.limits.breach(&fate), call.given_up());
    Err(Failed::For(
        match first(connection.call(frame), stop).await {
            // Whose worker was killed at the moment of its reply, for it was given up: not to be used.
            First::This(Ok(_)) if call.is_over() => PoolError::Closed { submitted },
            First::This(Ok(reply)) => return Ok(reply),
            First::This(Err(_)) if pool.is_closed() => PoolError::Closed { submitted },
            First::This(Err(Failure::NotBegun(death))) => {
                let error = why(pool, connection, call, Failure::Ended(death));
                return Err(Failed::NotBegun(error));
            }
            First::This(Err(failure)) => why(pool, connection, call, failure),
            First::Other(First::This(breach)) => broken(connection, call, breach).await,
            // The worker is killed already. Nobody waits for its end: the next call gets a new one.
            First::Other(First::Other(())) => PoolError::Closed { submitted },
        },
    ))
}

/// The error of a call whose worker brought no reply.
fn why(pool: &Shared, connection: &Connection, call: &Call, failure: Failure) -> PoolError {
    match failure {
        Failure::Ended(death) | Failure::NotBegun(death) => PoolError::WorkerDied {
            pid: death.pid,
            worker: pool.settings.preparation.name.clone(),
            status: death.status,
            call: call.name.clone(),
            stderr: tail(connection),
            submitted: call.submitted,
        },
        Failure::Garbled(error) => PoolError::Decode {
            what: Payload::Result,
            reason: error.to_string(),
            submitted: call.submitted,
        },
    }
}

/// The error of a call that has reached a limit; its worker is killed.
async fn broken(connection: &Connection, call: &Call, breach: Breach) -> PoolError {
    let fate = connection.fate();
    let pid = fate.pid();
    if let (Breach::Deadline(_), Some(grace)) = (&breach, call.limits.grace) {
        fate.terminate();
        // A reply comes too late, and shows that the call has ended.
        let ended = first(connection.wait_for_word(), fate.end());
        first(ended, sleep(grace)).await;
    }
    fate.kill();
    match breach {
        Breach::Deadline(limit) => PoolError::Deadline {
            limit,
            pid,
            call: call.name.clone(),
            stderr: tail(connection),
            submitted: call.submitted,
        },
        Breach::Memory { limit, resident } => PoolError::MemoryLimit {
            limit,
            resident,
            pid,
            call: call.name.clone(),
            submitted: call.submitted,
        },
    }
}

/// What the worker wrote last, if the pool reads it.
fn tail(connection: &Connection) -> String {
    let words = connection.fate().words();
    words.map(|words| words.tail()).unwrap_or_default()
}

/// A call that a slot has taken. If the slot is dropped with it, the job must not wait for ever.
struct InHand<'a> {
    call: Rc<Call>,
    pool: &'a Shared,
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        self.call.finish(Err(PoolError::Closed {
            submitted: self.call.submitted,
        }));
        self.pool.queue.done();
    }
}
