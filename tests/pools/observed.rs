//! What an observer hears of jobs and workers: enough to draw a lane for each worker.

use crate::watch::{single_file, within};
use roundelay::pool::ThreadPool;
use roundelay::trace::What;
use roundelay::{JobEnd, LoopEvent, Observer, ProcessPool, Runtime, WorkerId, sleep};
use std::cell::{Cell, RefCell};
use std::hint;
use std::process;
use std::rc::Rc;
use std::sync::mpsc::channel;
use std::time::Duration;

/// Counts turns.
#[derive(Clone, Default)]
struct Turns(Rc<Cell<u32>>);

impl Observer for Turns {
    fn event(&self, _now: u64, event: LoopEvent) {
        if let What::TurnStarted { .. } = event.what {
            self.0.set(self.0.get() + 1);
        }
    }
}

/// Writes down what concerns pools.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<LoopEvent>>>);

impl Observer for Log {
    fn event(&self, _now: u64, event: LoopEvent) {
        if matches!(
            event.what,
            What::JobSubmitted { .. }
                | What::JobStarted { .. }
                | What::JobFinished { .. }
                | What::WorkerStarted { .. }
                | What::WorkerExited { .. }
        ) {
            self.0.borrow_mut().push(event);
        }
    }
}

impl Log {
    /// The events in words; jobs and workers by their numbers.
    fn words(&self) -> Vec<String> {
        let lane = |worker: WorkerId| format!("{}.{}", worker.pool, worker.worker);
        let words = |event: LoopEvent| match event.what {
            What::JobSubmitted { job, .. } => format!("job {} submitted", job.get()),
            What::JobStarted { job, worker, .. } => {
                format!("job {} starts on {}", job.get(), lane(worker))
            }
            What::JobFinished { job, end, .. } => format!("job {} {end:?}", job.get()),
            What::WorkerStarted { worker, .. } => format!("worker {} starts", lane(worker)),
            What::WorkerExited { worker } => format!("worker {} exits", lane(worker)),
            other => panic!("{other:?}"),
        };
        self.0.take().into_iter().map(words).collect()
    }
}

/// Runs a future in an observed loop while no other test runs.
fn observed<F: Future>(log: &Log, main: F) -> F::Output {
    let _alone = single_file();
    let runtime = Runtime::builder().observer(log.clone()).build().unwrap();
    let output = runtime.run(within(main));
    runtime.shutdown().unwrap();
    output
}

fn endless((): ()) {
    loop {
        hint::spin_loop();
    }
}

#[test]
fn a_thread_has_a_lane_with_its_jobs() {
    let log = Log::default();
    observed(&log, async {
        let pool = ThreadPool::new(1);
        let (go, wait) = channel::<()>();
        let first = pool.submit(move || wait.recv().unwrap());
        let second = pool.submit(|| panic!("on purpose"));
        let third = pool.submit(|| ());
        drop(third);
        go.send(()).unwrap();
        first.await.unwrap();
        second.await.unwrap_err();
        pool.shutdown().await;
    });
    let words = log.words();
    let expected = [
        "job 1 submitted",
        "worker 1.0 starts",
        "job 2 submitted",
        "job 3 submitted",
        // The loop heard of what the thread did when it next looked; the third never began.
        "job 1 starts on 1.0",
        "job 3 Dropped",
        "job 1 Returned",
        "job 2 starts on 1.0",
        "job 2 Failed",
        "worker 1.0 exits",
    ];
    let sorted = |mut words: Vec<String>| {
        words.sort();
        words
    };
    assert_eq!(
        sorted(words.clone()),
        sorted(expected.map(str::to_owned).into()),
    );
    // What one thing causes another by comes in that order.
    let place = |word: &str| words.iter().position(|other| other == word).unwrap();
    for chain in [
        ["job 1 submitted", "job 1 starts on 1.0", "job 1 Returned"],
        ["job 2 submitted", "job 2 starts on 1.0", "job 2 Failed"],
        [
            "job 1 starts on 1.0",
            "job 2 starts on 1.0",
            "worker 1.0 exits",
        ],
    ] {
        assert!(chain.map(place).is_sorted(), "{words:?}");
    }
}

#[test]
fn a_worker_process_has_a_lane_with_its_jobs_and_its_end() {
    let log = Log::default();
    let (pid, line) = observed(&log, async {
        let pool = ProcessPool::new(1).unwrap();
        let line = line!() + 1;
        let pid = pool.submit(|()| process::id(), ()).await.unwrap();
        assert!(
            pool.submit(|()| -> () { process::exit(3) }, ())
                .await
                .is_err()
        );
        pool.submit(|()| (), ()).await.unwrap();
        let running = pool.submit(endless, ());
        while pool.stats().running == 0 {
            roundelay::yield_now().await;
        }
        let waits = pool.submit(|()| (), ());
        drop(waits);
        drop(running);
        pool.submit(|()| (), ()).await.unwrap();
        pool.shutdown().await;
        (pid, line)
    });
    let events = log.0.borrow().clone();
    assert!(events.iter().any(|event| matches!(
        (event.what, event.at),
        (What::JobSubmitted { job }, Some(at)) if job.get() == 1 && at.line() == line
    )));
    assert!(events.iter().any(|event| matches!(
        event.what,
        What::WorkerStarted { process, .. } if process == Some(pid)
    )));
    let ends = events.iter().filter_map(|event| match event.what {
        What::JobFinished { end, .. } => Some(end),
        _ => None,
    });
    use JobEnd::{Dropped, Killed, Returned};
    let expected = [Returned, Killed, Returned, Dropped, Killed, Returned];
    assert!(ends.eq(expected), "{events:?}");
    assert_eq!(
        log.words(),
        [
            "job 1 submitted",
            "worker 1.0 starts",
            "job 1 starts on 1.0",
            "job 1 Returned",
            "job 2 submitted",
            "job 2 starts on 1.0",
            // It exited in the middle of the call.
            "worker 1.0 exits",
            "job 2 Killed",
            "job 3 submitted",
            "worker 1.0 starts",
            "job 3 starts on 1.0",
            "job 3 Returned",
            "job 4 submitted",
            "job 4 starts on 1.0",
            "job 5 submitted",
            "job 5 Dropped",
            // Given up while it ran.
            "job 4 Killed",
            "job 6 submitted",
            "worker 1.0 exits",
            "worker 1.0 starts",
            "job 6 starts on 1.0",
            "job 6 Returned",
            "worker 1.0 exits",
        ]
    );
}

#[test]
fn workers_that_stay_leave_the_loop_in_peace_however_short_their_idle_time() {
    let _alone = single_file();
    let turns = Turns::default();
    let runtime = Runtime::builder().observer(turns.clone()).build().unwrap();
    runtime.run(async {
        let builder = ProcessPool::builder().workers(1).min_workers(1);
        let pool = builder.idle_time(Duration::ZERO).build().unwrap();
        pool.submit(|n: u8| n, 1).await.unwrap();
        let before = turns.0.get();
        sleep(Duration::from_millis(50)).await;
        let more = turns.0.get() - before;
        // One for each millisecond, not one after the other.
        assert!(more < 1000, "{more} turns");
    });
}
