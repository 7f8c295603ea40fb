//! A slot's worker: had born and made ready, and ended in peace when it has served long enough.

use super::codec;
use super::connection::{Connection, Failure};
use super::control;
use super::first::first;
use super::life::Life;
use super::shared::Shared;
use crate::pool::error::PoolError;
use crate::sys::memory::resident;
use crate::task::spawn;
use crate::time::sleep;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::panic::Location;
use std::rc::Rc;
use std::time::Duration;

/// So many workers in a row may fail to get ready before those who wait for one are told.
const ATTEMPTS: u32 = 3;

/// So many zygotes may end before they have forked a worker for a call, and so many workers be killed
/// before they are ready. Somebody may kill them; but those that bring it about would go on with it.
const MOST_ENDED: u32 = 10;

/// How long a worker may take to end by itself, running what it has registered to run at exit; then a zygote.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// A worker that can be given calls.
pub(super) struct Hired {
    /// The connection with it.
    pub(super) connection: Connection,
    /// How many calls it was given.
    pub(super) calls: u64,
    /// Its place among the pool's workers.
    place: Place,
}

/// Counts as one of the pool's workers for as long as it lives.
struct Place {
    pool: Rc<Shared>,
    /// The number of its slot.
    number: u32,
    /// Whether it ends in peace.
    in_peace: bool,
}

impl Place {
    fn take(pool: &Rc<Shared>, number: usize) -> Place {
        pool.workers.set(pool.workers.get() + 1);
        Place {
            pool: pool.clone(),
            number: number as u32,
            in_peace: false,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.pool.workers.set(self.pool.workers.get() - 1);
        self.pool.account.worker_ended(self.number, self.in_peace);
    }
}

impl Hired {
    /// Has a worker born and runs the pool's initializer in it. `submitted` is the call that needs
    /// it.
    ///
    /// # Errors
    /// The call's. If the initializer has failed in too many workers, each call that waits in the
    /// queue gets the same.
    pub(super) async fn new(
        pool: &Rc<Shared>,
        number: usize,
        submitted: &'static Location<'static>,
    ) -> Result<Hired, PoolError> {
        let (mut zygotes, mut kills) = (0, 0);
        loop {
            let reason = match Hired::attempt(pool, number, submitted).await {
                Ok(hired) => {
                    pool.failures.set(0);
                    return Ok(hired);
                }
                Err(_) if pool.is_closed() => return Err(PoolError::Closed { submitted }),
                Err(NotReady::ZygoteEnded(_)) if zygotes < MOST_ENDED => {
                    zygotes += 1;
                    continue;
                }
                Err(NotReady::Killed(_)) if kills < MOST_ENDED => {
                    kills += 1;
                    continue;
                }
                Err(NotReady::ZygoteEnded(source) | NotReady::NotForked(source)) => {
                    return Err(PoolError::Io { source, submitted });
                }
                Err(NotReady::Unprepared(reason)) => {
                    return Err(failed(reason, 1, submitted));
                }
                Err(NotReady::Killed(reason) | NotReady::Failed(reason)) => reason,
            };
            let attempts = pool.failures.get() + 1;
            pool.failures.set(attempts);
            if attempts >= ATTEMPTS || kills >= MOST_ENDED {
                let attempts = attempts + kills;
                pool.fail_waiting(&reason, attempts);
                return Err(failed(reason, attempts, submitted));
            }
        }
    }

    /// Has one worker born and initialized.
    async fn attempt(
        pool: &Rc<Shared>,
        number: usize,
        submitted: &'static Location<'static>,
    ) -> Result<Hired, NotReady> {
        let place = Place::take(pool, number);
        let mut connection = match Connection::open(pool).await {
            Ok(connection) => connection,
            Err(error) if control::is_end(&error) => return Err(NotReady::ZygoteEnded(error)),
            Err(error) => {
                let unprepared = pool.unprepared().map(NotReady::Unprepared);
                return Err(unprepared.unwrap_or(NotReady::NotForked(error)));
            }
        };
        initialize(pool, &mut connection, submitted).await?;
        pool.account.worker_started(place.number, connection.fate());
        Ok(Hired {
            connection,
            calls: 0,
            place,
        })
    }

    /// Whether it is to be replaced by a fresh one, having done enough or grown too large.
    pub(super) fn is_spent(&self, pool: &Shared) -> bool {
        let (tasks, memory) = (
            pool.settings.max_tasks_per_worker,
            pool.settings.max_memory_per_worker,
        );
        let size = || resident(self.connection.fate().pid()).unwrap_or(0);
        tasks.is_some_and(|most| self.calls >= most) || memory.is_some_and(|most| size() > most)
    }

    /// Ends it in peace, while the slot goes on. From now on it does not count; but the pool does not end
    /// before it.
    pub(super) fn retire(self, pool: &Rc<Shared>) {
        let busy = pool.busy.begin();
        let mut life = Life::begin(pool.clone());
        let end = self.end();
        let task = spawn(async move {
            end.await;
            drop(busy);
            life.end().await;
        });
        task.set_name("process pool retirement");
    }

    /// Ends it in peace: it exits, as its socket has ended. If it does not, it is killed. What is
    /// returned waits for that.
    pub(super) fn end(self) -> impl Future<Output = ()> {
        let Hired {
            connection,
            mut place,
            ..
        } = self;
        place.in_peace = true;
        drop(place);
        connection.end_calls();
        async move {
            first(connection.fate().end(), sleep(PATIENCE)).await;
        }
    }
}

/// Why there is no worker that can be given a call.
enum NotReady {
    /// The zygote ended before it had forked it, or the worker with the zygote: nobody's fault.
    ZygoteEnded(io::Error),
    /// The zygote forks nobody, since it could not be prepared, for this reason.
    Unprepared(String),
    /// It could not be forked.
    NotForked(io::Error),
    /// It was killed (SIGKILL) while the initializer ran: from outside, or memory was out.
    Killed(String),
    /// The initializer failed in it, for this reason.
    Failed(String),
}

/// The error of a call for which no worker got ready.
fn failed(reason: String, attempts: u32, submitted: &'static Location<'static>) -> PoolError {
    PoolError::InitializerFailed {
        reason,
        attempts,
        submitted,
    }
}

/// Runs the pool's initializer in a new worker.
async fn initialize(
    pool: &Shared,
    connection: &mut Connection,
    submitted: &'static Location<'static>,
) -> Result<(), NotReady> {
    let Some(Ok(frame)) = &pool.settings.initializer else {
        return Ok(());
    };
    let (kind, reply) = match connection.call(&mut frame.to_vec()).await {
        Ok(reply) => reply,
        Err(Failure::Ended(death) | Failure::NotBegun(death)) => {
            let Some(status) = death.status else {
                let ended = "the zygote ended while a worker was initialized";
                return Err(NotReady::ZygoteEnded(io::Error::other(ended)));
            };
            let said = connection.fate().words().map(|words| words.tail());
            let said = said.filter(|said| !said.is_empty());
            let reason = format!(
                "the initializer ended its worker, process {}: {status}{}",
                death.pid,
                said.map(|said| format!(", which wrote {said:?}"))
                    .unwrap_or_default(),
            );
            return Err(match status.signal() {
                Some(libc::SIGKILL) => NotReady::Killed(reason),
                _ => NotReady::Failed(reason),
            });
        }
        Err(Failure::Garbled(error)) => {
            let reason = format!("the initializer's worker sent {error}");
            return Err(NotReady::Failed(reason));
        }
    };
    codec::decode::<()>(kind, &reply, pool.limit, submitted).map_err(|error| {
        NotReady::Failed(match error {
            PoolError::Panicked {
                message, location, ..
            } => format!("the initializer panicked at {location}: {message}"),
            other => format!("the initializer has no result: {other}"),
        })
    })
}
