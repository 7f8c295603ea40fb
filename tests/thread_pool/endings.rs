//! The end of a pool: who is waited for, who is told, and what is left.

use crate::support::leak_free;
use roundelay::pool::threads::{AtEnd, StillRunning};
use roundelay::pool::{PoolError, ThreadPool, WorkerState};
use roundelay::{run, spawn, spawn_blocking, timeout};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What an end of a pool has told.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<StillRunning>>>);

impl Told {
    fn listener(&self, go: Option<Sender<()>>) -> impl Fn(&StillRunning) + Send + Sync + 'static {
        let (told, go) = (self.clone(), Mutex::new(go));
        move |still_running| {
            told.0.lock().unwrap().push(still_running.clone());
            // Now that it was told, the call that holds it up may end.
            if let Some(go) = go.lock().unwrap().take() {
                go.send(()).unwrap();
            }
        }
    }

    fn take(&self) -> Vec<StillRunning> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// A call that has begun and ends when it is told to.
fn held_call(pool: &ThreadPool, go: Receiver<()>) -> (roundelay::pool::threads::Job<()>, u32) {
    let (begun, begins) = channel();
    let job = pool.submit(move || {
        begun.send(()).unwrap();
        let _ = go.recv();
    });
    let line = line!() - 4;
    begins.recv().unwrap();
    (job, line)
}

#[test]
fn the_end_of_a_pool_that_waits_names_the_line_of_the_call_it_waits_for() {
    leak_free(|| {
        let (told, (go, wait)) = (Told::default(), channel());
        let line = run(async {
            let pool = ThreadPool::builder()
                .max_threads(2)
                .name("roundelay-end")
                .patience(Duration::from_millis(1))
                .on_waiting(told.listener(Some(go)))
                .build();
            let (job, line) = held_call(&pool, wait);
            drop(job);
            drop(pool);
            line
        });
        let told = told.take();
        assert!(!told[0].abandoned);
        assert_eq!(told[0].calls.len(), 1);
        assert_eq!(told[0].calls[0].submitted.line(), line);
        let text = told[0].to_string();
        assert!(
            text.contains("roundelay-end") && text.contains(&format!("{}:{line}:", file!())),
            "{text}"
        );
    });
}

#[test]
fn the_end_of_a_run_tells_which_blocking_call_it_waits_for() {
    leak_free(|| {
        let (told, (go, wait)) = (Told::default(), channel::<()>());
        let line = run(async {
            let pool = ThreadPool::builder()
                .name("roundelay-own")
                .patience(Duration::from_millis(1))
                .on_waiting(told.listener(Some(go)))
                .build();
            assert!(pool.set_default());
            assert!(!ThreadPool::new(1).set_default(), "there is one now");
            let (begun, begins) = channel();
            let line = line!() + 1;
            drop(roundelay::spawn(spawn_blocking(move || {
                begun.send(()).unwrap();
                wait.recv().unwrap();
            })));
            begins.recv().unwrap();
            line
        });
        assert_eq!(told.take()[0].calls[0].submitted.line(), line);
    });
}

#[test]
fn an_end_with_a_limit_leaves_a_call_running_and_says_so() {
    leak_free(|| {
        let told = Told::default();
        let (go, wait) = channel();
        run(async {
            let pool = ThreadPool::builder()
                .at_end(AtEnd::WaitFor(Duration::from_millis(2)))
                .on_waiting(told.listener(None))
                .build();
            let (_job, line) = held_call(&pool, wait);
            drop(pool);
            let told = told.take();
            assert_eq!(told.len(), 1);
            assert!(told[0].abandoned);
            assert_eq!(told[0].calls[0].submitted.line(), line);
        });
        // So that nothing is left at the end of the test.
        go.send(()).unwrap();
    });
}

#[test]
fn an_end_that_abandons_waits_for_nothing_but_idle_threads() {
    leak_free(|| {
        let told = Told::default();
        let (go, wait) = channel();
        run(async {
            let pool = ThreadPool::builder()
                .max_threads(2)
                .at_end(AtEnd::Abandon)
                .on_waiting(told.listener(None))
                .build();
            let (_job, _) = held_call(&pool, wait);
            pool.submit(|| ()).await.unwrap();
            drop(pool);
            assert_eq!(told.take().len(), 1);
        });
        go.send(()).unwrap();
        drop(go);
        // Without a call that runs there is nothing to tell.
        run(async {
            let pool = ThreadPool::builder()
                .at_end(AtEnd::Abandon)
                .on_waiting(told.listener(None))
                .build();
            pool.submit(|| ()).await.unwrap();
        });
        assert!(told.take().is_empty());
    });
}

#[test]
fn a_shutdown_does_all_accepted_calls_and_ends_the_threads() {
    leak_free(|| {
        run(async {
            let pool = ThreadPool::builder().max_threads(1).queue_limit(1).build();
            let (go, wait) = channel();
            let (runs, _) = held_call(&pool, wait);
            let accepted = pool.submit(|| 2);
            let in_line = pool.submit(|| 3);
            let other = pool.clone();
            let shutdown = roundelay::spawn(async move { other.shutdown().await });
            let refused = in_line.await.unwrap_err();
            assert!(matches!(refused, PoolError::Closed { .. }), "{refused}");
            let late = pool.submit(|| 4).await.unwrap_err();
            assert!(matches!(late, PoolError::Closed { .. }), "{late}");
            assert!(matches!(
                pool.stats().workers[0].state,
                WorkerState::Running { .. }
            ));
            go.send(()).unwrap();
            shutdown.await.unwrap();
            assert!(pool.stats().workers.is_empty());
            runs.await.unwrap();
            assert_eq!(accepted.await.unwrap(), 2);
            // A second one has nothing to do.
            pool.shutdown().await;
        });
    });
}

#[test]
fn a_shutdown_that_waits_tells_for_what() {
    leak_free(|| {
        let (told, (go, wait)) = (Told::default(), channel());
        run(async {
            let pool = ThreadPool::builder()
                .patience(Duration::from_millis(1))
                .on_waiting(told.listener(Some(go)))
                .build();
            let (job, line) = held_call(&pool, wait);
            pool.shutdown().await;
            job.await.unwrap();
            assert_eq!(told.take()[0].calls[0].submitted.line(), line);
        });
    });
}

#[test]
fn a_close_drops_what_waits_and_does_not_wait_for_what_runs() {
    leak_free(|| {
        run(async {
            let pool = ThreadPool::new(1);
            let (go, wait) = channel();
            let (runs, _) = held_call(&pool, wait);
            let queued = pool.submit(|| ());
            pool.close();
            let error = queued.await.unwrap_err();
            assert!(matches!(error, PoolError::Closed { .. }), "{error}");
            go.send(()).unwrap();
            runs.await.unwrap();
        });
    });
}

#[test]
fn virtual_time_waits_for_the_end_of_threads() {
    leak_free(|| {
        let runtime = roundelay::Runtime::builder()
            .virtual_clock(true)
            .build()
            .unwrap();
        let pool = ThreadPool::new(1);
        runtime.run(async {
            drop(pool.submit(|| std::thread::sleep(Duration::from_millis(5))));
            // A clock that jumped would let the limit win.
            timeout(Duration::from_secs(600), pool.shutdown())
                .await
                .unwrap();
        });
    });
}

/// A thread's state whose drop ends when it is told to.
struct Held(Receiver<()>);

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.0.recv();
    }
}

/// A pool of one thread with such a state, and who lets that go.
fn with_held_state(at_end: AtEnd) -> (ThreadPool<Held>, Sender<()>) {
    let (go, wait) = channel();
    let wait = Mutex::new(Some(wait));
    let initializer = move || Held(wait.lock().unwrap().take().unwrap());
    let builder = ThreadPool::builder().max_threads(1).at_end(at_end);
    let pool = builder.initializer(initializer).build();
    pool.submit_blocking(|| ()).result().unwrap();
    (pool, go)
}

#[test]
fn the_loop_goes_on_while_a_shutdown_waits_for_what_threads_drop() {
    leak_free(|| {
        let (pool, go) = with_held_state(AtEnd::Wait);
        run(async {
            // Blocks for ever if the loop does not go on.
            let lets_go = spawn(async move { go.send(()).unwrap() });
            pool.shutdown().await;
            lets_go.await.unwrap();
        });
    });
}

#[test]
fn a_pool_that_abandons_its_calls_waits_for_no_state_either() {
    leak_free(|| {
        for at_end in [AtEnd::Abandon, AtEnd::WaitFor(Duration::from_millis(1))] {
            let (pool, go) = with_held_state(at_end);
            drop(pool);
            go.send(()).unwrap();
        }
    });
}
