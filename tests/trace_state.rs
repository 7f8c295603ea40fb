//! The state that is rebuilt from a run's records is the loop's own, at every turn.

use roundelay::sync::{Event as Flag, Lock, Queue, Semaphore};
use roundelay::trace::{
    Event, Observer, Ready, Record, Recorder, Snapshot, State, Story, TaskId, What,
};
use roundelay::{
    Builder, Handle, Runtime, catch_cancel, gather, sleep, spawn, spawn_eager, task_group, timeout,
    yield_now,
};
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::panic::Location;
use std::rc::Rc;
use std::time::Duration;

/// Feeds a state with what it hears, and compares it with every picture of the loop.
#[derive(Clone, Default)]
struct Check(Rc<RefCell<Inside>>);

#[derive(Default)]
struct Inside {
    state: State,
    lines: Vec<&'static Location<'static>>,
    pictures: u64,
    differences: Vec<String>,
}

impl Inside {
    fn line(&mut self, at: Option<&'static Location<'static>>) -> u32 {
        let Some(at) = at else { return 0 };
        let known = self.lines.iter().position(|&line| line == at);
        let place = known.unwrap_or_else(|| {
            self.lines.push(at);
            self.lines.len() - 1
        });
        place as u32 + 1
    }

    fn same<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, own: T, other: T) {
        if own != other {
            let turn = self.state.turn;
            self.differences.push(format!(
                "turn {turn}: {what}: {own:?}, and the loop's is {other:?}"
            ));
        }
    }
}

impl Observer for Check {
    fn event(&self, now: u64, event: Event) {
        let mut inside = self.0.borrow_mut();
        let record = Record {
            seq: inside.state.seq + 1,
            wall: now,
            now,
            cause: 0,
            task: event.task,
            line: inside.line(event.at),
            what: event.what,
        };
        inside.state.apply(&record);
    }

    fn wants_snapshots(&self) -> bool {
        true
    }

    fn snapshot(&self, picture: Snapshot) {
        let inside = &mut *self.0.borrow_mut();
        inside.pictures += 1;
        inside.same("turn", inside.state.turn, picture.turn);
        let ready: Vec<Ready> = inside.state.ready.iter().collect();
        inside.same("ready", ready, picture.ready);
        let timers = inside
            .state
            .timers
            .iter()
            .filter(|(_, timer)| !timer.is_due);
        let timers: Vec<(u32, u64)> = timers
            .map(|(&number, timer)| (number, timer.when))
            .collect();
        inside.same("timers", timers, picture.timers);
        let tasks: Vec<TaskId> = inside.state.tasks.keys().copied().collect();
        inside.same(
            "tasks",
            tasks,
            picture.tasks.iter().map(|task| task.task).collect(),
        );
        for task in &picture.tasks {
            let Some(own) = inside.state.tasks.get(&task.task).cloned() else {
                continue;
            };
            inside.same(
                "what a task does",
                (task.task, own.state),
                (task.task, task.state),
            );
            let own: Vec<_> = own.waits.iter().map(|wait| (wait.on, wait.line)).collect();
            let others: Vec<_> = task
                .waits
                .iter()
                .map(|wait| (wait.on, inside.line(wait.at)))
                .collect();
            inside.same("waits", (task.task, own), (task.task, others));
        }
    }
}

/// Runs `main`, and complains of every difference.
#[track_caller]
fn checked(builder: Builder, name: &str, main: impl Future<Output = ()>) -> u64 {
    let check = Check::default();
    let runtime = builder
        .virtual_clock(true)
        .observer(check.clone())
        .build()
        .unwrap();
    runtime.run(main);
    runtime.shutdown().unwrap();
    let inside = check.0.take();
    assert!(
        inside.differences.is_empty(),
        "{name}\n{}",
        inside.differences[..inside.differences.len().min(10)].join("\n")
    );
    assert!(
        inside.state.tasks.is_empty(),
        "{name}: {:?}",
        inside.state.tasks.keys()
    );
    inside.pictures
}

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
fn builder_of(seed: u64) -> Builder {
    let builder = Runtime::builder();
    match seed % 5 {
        0 => builder,
        1 => builder.strict(true),
        2 => builder.seed(seed),
        3 => builder.spurious_polls(seed),
        _ => builder.eager_start(true),
    }
}

async fn random_program(seed: u64) {
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

#[test]
fn the_state_of_1000_random_programs_is_the_loops_own() {
    let mut pictures = 0;
    for seed in 0..1000 {
        let name = format!("seed {seed}");
        pictures += checked(builder_of(seed), &name, random_program(seed));
    }
    assert!(pictures > 10_000, "{pictures}");
}

#[test]
fn a_state_that_begins_in_the_middle_bears_what_it_does_not_know() {
    let (recorder, recording) = Recorder::in_memory();
    let runtime = Runtime::builder()
        .virtual_clock(true)
        .observer(recorder)
        .build()
        .unwrap();
    runtime.run(async {
        let lock = Rc::new(Lock::new(()));
        let tasks = [1, 2, 3].map(|n| {
            let lock = Rc::clone(&lock);
            spawn(async move {
                let _guard = lock.lock().await;
                sleep(Duration::from_millis(n)).await;
            })
        });
        for task in tasks {
            task.await.unwrap();
        }
    });
    let log = recording.log();
    for begin in 0..log.records.len() {
        let mut state = State::default();
        log.records[begin..]
            .iter()
            .for_each(|record| state.apply(record));
        assert_eq!(state.is_whole, begin == 0);
        assert_eq!(state.seq, log.records.len() as u64);
    }
    let polls = log
        .records
        .iter()
        .filter(|record| record.what == What::PollStarted)
        .count();
    assert!(polls > 8);
}

/// The ready queue grows, and counts its places anew, while timers are put into it.
#[test]
fn timers_that_make_the_ready_queue_grow_are_all_told_of() {
    let pictures = checked(Runtime::builder(), "300 timers", async {
        for _ in 0..50 {
            yield_now().await;
        }
        // Callbacks, since as many tasks would have made it grow before.
        let handle = Handle::current();
        for _ in 0..300 {
            handle.call_later(Duration::from_millis(1), || {});
        }
        sleep(Duration::from_millis(2)).await;
    });
    assert!(pictures > 50);
}

async fn small_program() {
    let queue = Rc::new(Queue::bounded(1));
    let worker = spawn({
        let queue = Rc::clone(&queue);
        async move {
            while let Ok(item) = queue.get().await {
                sleep(Duration::from_millis(item)).await;
                queue.task_done();
            }
        }
    });
    worker.set_name("worker");
    for item in 1..4 {
        queue.put(item).await.unwrap();
    }
    queue.join().await;
    worker.cancel();
    assert!(worker.await.unwrap_err().is_cancelled());
}

fn story_of(seed: u64) -> (String, u64) {
    let (recorder, recording) = Recorder::in_memory();
    let runtime = Runtime::builder()
        .virtual_clock(true)
        .seed(seed)
        .observer(recorder)
        .build()
        .unwrap();
    runtime.run(small_program());
    drop(runtime);
    let log = recording.log();
    (Story::of(&log).to_string(), log.records.len() as u64)
}

#[test]
fn the_story_of_the_same_program_and_seed_is_the_same_byte_by_byte() {
    let (story, records) = story_of(7);
    assert_eq!(story, story_of(7).0);
    assert_eq!(story.lines().count() as u64, records);
    for words in [
        "T2 \"worker\"  is spawned by T1, and joins the ready queue",
        "T2 \"worker\"  waits for an item of queue 1",
        "T1        waits for room in queue 1",
        "T2 \"worker\"  ends: it was cancelled",
        "its clock jumps from 0.000000 s to 0.001000 s",
    ] {
        assert!(story.contains(words), "{words}\n{story}");
    }
}

#[test]
fn each_poll_of_random_programs_has_one_cause_that_came_before() {
    let mut polls = 0;
    for seed in 0..200 {
        let (recorder, recording) = Recorder::in_memory();
        let runtime = builder_of(seed)
            .virtual_clock(true)
            .observer(recorder)
            .build()
            .unwrap();
        runtime.run(random_program(seed));
        drop(runtime);
        let log = recording.log();
        let mut queued = HashSet::new();
        for record in &log.records {
            assert!(record.cause < record.seq);
            match record.what {
                What::Spawned | What::Woken { .. } => assert!(queued.insert(record.seq)),
                What::PollStarted => {
                    polls += 1;
                    assert!(queued.remove(&record.cause), "seed {seed}: {record:?}");
                    assert_eq!(log.record(record.cause).unwrap().task, record.task);
                }
                _ => {}
            }
        }
    }
    assert!(polls > 2000, "{polls}");
}
