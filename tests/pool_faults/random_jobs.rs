//! A thousand random jobs with random cancels and deadlines, while workers and zygotes are killed from outside.

use crate::acts::{Note, kill_at_once, tell_and_wait};
use crate::draws::Draws;
use crate::jobs::{KINDS, Kind, MESSAGE_LIMIT, call, is_a_kill, is_its_own_end, resident};
use crate::watch::{alone_for, is_alive, is_worker, others, status, wait_until};
use roundelay::{PoolError, ProcessPool, gather, sleep, spawn, timeout};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs;
use std::rc::Rc;
use std::time::Duration;

const JOBS: u64 = 1000;
const WORKERS: usize = 4;

/// How a job came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Own,
    Deadline,
    Killed,
    Cancelled,
}

/// What is known about the run: how each kind of job ended how often.
#[derive(Default)]
struct Report(RefCell<BTreeMap<(Kind, End), u32>>);

impl Report {
    fn note(&self, kind: Kind, end: End) {
        *self.0.borrow_mut().entry((kind, end)).or_default() += 1;
    }

    fn count(&self, which: impl Fn(Kind, End) -> bool) -> u32 {
        let ends = self.0.borrow();
        let those = ends.iter().filter(|((kind, end), _)| which(*kind, *end));
        those.map(|(_, count)| count).sum()
    }
}

#[test]
fn every_job_ends_once_and_with_the_right_error_whatever_happens_to_the_pool() {
    let draws = Rc::new(RefCell::new(Draws::new("random jobs")));
    alone_for(Duration::from_secs(120), async {
        let builder = ProcessPool::builder()
            .workers(WORKERS)
            .max_tasks_per_worker(25);
        let builder = builder
            .message_limit(MESSAGE_LIMIT)
            .initializer(|_: u8| (), 1);
        let pool = builder.build().unwrap();
        let usual = pool.submit(resident, ()).await.unwrap();
        let report = Rc::new(Report::default());
        let over = Rc::new(Cell::new(false));
        let killer = spawn(kill_now_and_then(draws.clone(), over.clone()));
        let jobs = (0..JOBS).map(|number| {
            let kind = KINDS[draws.borrow_mut().number(0..KINDS.len() as u64) as usize];
            let (pool, draws, report) = (pool.clone(), draws.clone(), report.clone());
            async move {
                let end = one_job(&pool, &draws, kind, number, usual).await;
                report.note(kind, end);
            }
        });
        gather(jobs.map(spawn)).await.unwrap();
        over.set(true);
        let kills = killer.await.unwrap();
        eprintln!(
            "{:?}, {kills:?} kills of workers and zygotes",
            report.0.borrow()
        );
        assert_eq!(report.count(|_, _| true), JOBS as u32, "each once");
        for kind in KINDS.into_iter().filter(|kind| *kind != Kind::Spin) {
            assert!(
                report.count(|of, end| of == kind && end == End::Own) > 0,
                "{kind:?}"
            );
        }
        for end in [End::Own, End::Deadline, End::Killed, End::Cancelled] {
            assert!(report.count(|_, how| how == end) > 0, "{end:?}");
        }
        all_workers_serve(&pool).await;
        if draws.borrow_mut().percent(50) {
            pool.shutdown().await;
            assert!(others().is_empty());
        }
    });
}

/// Submits a job at a random time, waits for it or gives it up, and says how it ended.
async fn one_job(
    pool: &ProcessPool,
    draws: &RefCell<Draws>,
    kind: Kind,
    number: u64,
    usual: u64,
) -> End {
    let (begin, micros, cancel, deadline) = {
        let mut draws = draws.borrow_mut();
        let cancel = draws.percent(15).then(|| draws.micros(0..30_000));
        // What never ends by itself needs a deadline.
        let deadline = (kind == Kind::Spin || draws.percent(10)).then(|| draws.micros(1..20_000));
        (
            draws.micros(0..3_000_000),
            draws.number(0..2000),
            cancel,
            deadline,
        )
    };
    sleep(begin).await;
    let mut call = call(pool, kind, number, micros, usual);
    if let Some(deadline) = deadline {
        call = call.deadline(deadline);
    }
    let job = call.submit();
    let end = match cancel {
        Some(after) => match timeout(after, job).await {
            Ok(end) => end,
            Err(_) => return End::Cancelled,
        },
        None => job.await,
    };
    match end {
        Err(PoolError::Deadline { limit, .. }) if Some(limit) == deadline => End::Deadline,
        end if is_its_own_end(kind, number, &end) => End::Own,
        end if is_a_kill(&end) => End::Killed,
        other => panic!("{kind:?} {number} ended with {other:?}"),
    }
}

/// Kills a worker or, less often, a zygote, from time to time; counts both.
async fn kill_now_and_then(draws: Rc<RefCell<Draws>>, over: Rc<Cell<bool>>) -> (u32, u32) {
    let (mut kills, mut doomed) = ((0, 0), Vec::new());
    while !over.get() {
        let (pause, zygote) = {
            let mut draws = draws.borrow_mut();
            (draws.micros(1..100_000), draws.percent(25))
        };
        sleep(pause).await;
        let mut victims = others();
        victims.retain(|pid| is_worker(*pid) != zygote);
        if victims.is_empty() {
            continue;
        }
        let place = draws.borrow_mut().number(0..victims.len() as u64);
        let victim = victims[place as usize];
        // Its workers die with a zygote.
        let parent = victim.to_string();
        let has_it = |pid: &u32| status(*pid).is_some_and(|fields| fields[1] == parent);
        doomed.extend(others().into_iter().filter(has_it));
        doomed.push(victim);
        kill_at_once(victim);
        if zygote {
            kills.1 += 1;
        } else {
            kills.0 += 1;
        }
    }
    // Those that are killed and not dead yet could be given one more call.
    wait_until("they are dead", || !doomed.iter().any(|pid| is_alive(*pid))).await;
    kills
}

/// As many calls run at the same time as there are workers.
async fn all_workers_serve(pool: &ProcessPool) {
    let notes: Vec<Note> = (0..WORKERS).map(|_| Note::new()).collect();
    let jobs: Vec<_> = notes
        .iter()
        .map(|note| pool.submit(tell_and_wait, note.path()))
        .collect();
    wait_until("all calls run", || {
        notes.iter().all(|note| note.path().exists())
    })
    .await;
    for note in &notes {
        fs::remove_file(note.path()).unwrap();
    }
    for job in jobs {
        assert_eq!(job.await.unwrap(), "unharmed");
    }
}
