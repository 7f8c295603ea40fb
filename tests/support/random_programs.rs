//! Programs that are drawn from a seed: they do something of everything that does not come from outside.

use roundelay::sync::{Event as Flag, Lock, Queue, Semaphore};
use roundelay::{
    Builder, Runtime, catch_cancel, gather, sleep, spawn, spawn_eager, task_group, timeout,
    yield_now,
};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

/// Numbers from a seed (splitmix64).
#[derive(Clone)]
struct Draws(Rc<Cell<u64>>);

impl Draws {
    fn below(&self, end: u64) -> u64 {
        let state = self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.0.set(state);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

/// What the tasks of a random program share.
#[derive(Clone)]
struct Shared {
    draws: Draws,
    queue: Rc<Queue<u64>>,
    lock: Rc<Lock<()>>,
    semaphore: Rc<Semaphore>,
    flag: Rc<Flag>,
}

/// A task of a random program: a few steps, each drawn; some start tasks that go less deep.
async fn body(shared: Shared, depth: u64) {
    for _ in 0..1 + shared.draws.below(5) {
        step(&shared, depth).await;
    }
}

fn nap(draws: &Draws) -> Duration {
    Duration::from_millis(draws.below(5))
}

async fn step(shared: &Shared, depth: u64) {
    let draws = &shared.draws;
    let child = || {
        Box::pin(body(shared.clone(), depth.saturating_sub(1)))
            as std::pin::Pin<Box<dyn Future<Output = ()>>>
    };
    let kinds = if depth == 0 { 9 } else { 16 };
    match draws.below(kinds) {
        0 => yield_now().await,
        1 => sleep(nap(draws)).await,
        2 => drop(shared.queue.try_put(draws.below(9))),
        3 => drop(timeout(nap(draws), shared.queue.get()).await),
        4 => {
            let guard = shared.lock.lock().await;
            sleep(nap(draws)).await;
            drop(guard);
        }
        5 => {
            let place = shared.semaphore.acquire().await;
            yield_now().await;
            drop(place);
        }
        6 => shared.flag.set(),
        7 => shared.flag.clear(),
        8 => drop(timeout(nap(draws), shared.flag.wait()).await),
        9 => drop(spawn(child())),
        10 => drop(spawn_eager(child()).await),
        11 => {
            let task = spawn(child());
            sleep(nap(draws)).await;
            task.cancel();
            drop(task.await);
        }
        12 => drop(gather([child(), child()]).await),
        13 => drop(timeout(nap(draws), child()).await),
        14 => drop(catch_cancel(child()).await),
        _ => {
            let (first, second, fails) = (child(), child(), draws.below(2) == 0);
            drop(
                task_group(async |group| {
                    group.spawn(async move {
                        first.await;
                        Ok::<(), u64>(())
                    });
                    group.spawn(async move {
                        second.await;
                        if fails { Err(1) } else { Ok(()) }
                    });
                    Ok(())
                })
                .await,
            );
        }
    }
}

/// The mode of the loop that a seed runs in.
pub fn builder_of(seed: u64) -> Builder {
    let builder = Runtime::builder();
    match seed % 5 {
        0 => builder,
        1 => builder.strict(true),
        2 => builder.seed(seed),
        3 => builder.spurious_polls(seed),
        _ => builder.eager_start(true),
    }
}

/// A program that is drawn from a seed.
pub async fn random_program(seed: u64) {
    let shared = Shared {
        draws: Draws(Rc::new(Cell::new(seed))),
        queue: Rc::new(Queue::bounded(2)),
        lock: Rc::new(Lock::new(())),
        semaphore: Rc::new(Semaphore::new(2)),
        flag: Rc::new(Flag::new()),
    };
    let limit = Duration::from_secs(1);
    let _ = timeout(limit, body(shared, 3)).await;
}
