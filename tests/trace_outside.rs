//! The state that is rebuilt from a loop's events is its own, too, where much comes from outside: sockets, pools, other threads;
//! and over several runs, however they end.

use roundelay::net::{TcpListener, TcpStream};
use roundelay::pool::ThreadPool;
use roundelay::sync::{Event, Promise};
use roundelay::trace::{Check, Findings};
use roundelay::{Builder, Handle, RunError, Runtime, gather, sleep, spawn, timeout, yield_now};
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The modes of a loop, on both clocks.
fn builders() -> impl Iterator<Item = Builder> {
    [false, true].into_iter().flat_map(|virtual_clock| {
        let builders = [
            Runtime::builder(),
            Runtime::builder().strict(true),
            Runtime::builder().eager_start(true),
            Runtime::builder().spurious_polls(3),
        ];
        builders.map(|builder| builder.virtual_clock(virtual_clock))
    })
}

fn watched(builder: Builder) -> (Runtime, Findings) {
    let (check, findings) = Check::new();
    (builder.observer(check).build().unwrap(), findings)
}

#[track_caller]
fn assert_same(findings: &Findings) {
    let differences = findings.differences();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(findings.turns() > 0);
}

#[test]
fn sockets_change_nothing_that_is_not_told() {
    for builder in builders() {
        let (runtime, findings) = watched(builder);
        runtime.run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let server = spawn(async move {
                for _ in 0..3 {
                    let (stream, _) = listener.accept().await.unwrap();
                    drop(spawn(async move {
                        let mut bytes = [0; 1000];
                        while let Ok(1..) = stream.read(&mut bytes).await {
                            stream.write_all(&bytes).await.unwrap();
                        }
                    }));
                }
            });
            let client = || async move {
                let stream = TcpStream::connect(address).await.unwrap();
                stream.write_all(&[1; 1000]).await.unwrap();
                let mut bytes = [0; 1000];
                assert!(stream.read(&mut bytes).await.unwrap() > 0);
                // Nothing more comes: this wait is given up.
                while timeout(millis(5), stream.read(&mut bytes)).await.is_ok() {}
            };
            gather([client(), client(), client()]).await.unwrap();
            server.await.unwrap();
        });
        runtime.shutdown().unwrap();
        assert_same(&findings);
        assert!(findings.state().sources.is_empty());
        assert!(findings.state().counts.sources_ready > 0);
    }
}

#[test]
fn pools_change_nothing_that_is_not_told() {
    for builder in builders() {
        let (runtime, findings) = watched(builder);
        runtime.run(async {
            let pool = ThreadPool::new(2);
            let jobs = (0..6).map(|n| pool.submit(move || n * n));
            assert_eq!(gather(jobs).await.unwrap().len(), 6);
            drop(pool.submit(|| thread::sleep(millis(5))));
            let slow = pool.submit(|| thread::sleep(millis(20)));
            drop(timeout(millis(1), slow).await);
        });
        runtime.shutdown().unwrap();
        assert_same(&findings);
        assert_eq!(findings.state().counts.jobs_submitted, 8);
    }
}

#[test]
fn other_threads_change_nothing_that_is_not_told() {
    for builder in builders() {
        let (runtime, findings) = watched(builder);
        runtime.run(async {
            let promise = Rc::new(Promise::new());
            let remote = Handle::current().remote();
            let threads: Vec<_> = (0..3)
                .map(|_| {
                    let remote = remote.clone();
                    thread::spawn(move || {
                        for _ in 0..20 {
                            remote.post(|| drop(spawn(yield_now()))).unwrap();
                        }
                        let task = remote.spawn(async { sleep(millis(1)).await });
                        task.unwrap().join().unwrap();
                    })
                })
                .collect();
            // A waker that another thread wakes.
            let mut waking = None;
            poll_fn(|cx| {
                if waking.is_some() {
                    return Poll::Ready(());
                }
                let waker = cx.waker().clone();
                waking = Some(thread::spawn(move || waker.wake()));
                Poll::Pending
            })
            .await;
            waking.unwrap().join().unwrap();
            let (done, ends) = (Rc::clone(&promise), threads);
            let pool = ThreadPool::new(1);
            let ended = pool.submit(move || ends.into_iter().for_each(|end| end.join().unwrap()));
            drop(spawn(async move {
                ended.await.unwrap();
                done.set(()).unwrap();
            }));
            promise.wait().await.unwrap();
        });
        runtime.shutdown().unwrap();
        assert_same(&findings);
        assert!(findings.state().counts.messages > 60);
    }
}

#[test]
fn several_runs_of_one_runtime_are_one_story_however_they_end() {
    for builder in builders() {
        let (runtime, findings) = watched(builder);
        let flag = Rc::new(Event::new());
        let waits = runtime.spawn({
            let flag = Rc::clone(&flag);
            async move { flag.wait().await }
        });
        drop(runtime.spawn(async {
            for _ in 0..500 {
                yield_now().await;
            }
            pending::<()>().await;
        }));
        drop(runtime.spawn(sleep(Duration::from_secs(1000))));
        runtime.call_later(Duration::from_secs(1000), || {});
        runtime.run(sleep(millis(2)));
        // Between two runs.
        runtime.call_soon(|| {});
        runtime.call_soon(|| {}).cancel();
        runtime.spawn(pending::<()>()).cancel();
        let panics = std::panic::AssertUnwindSafe(|| {
            runtime.run(async {
                yield_now().await;
                std::panic::resume_unwind(Box::new("on purpose"));
            });
        });
        assert!(std::panic::catch_unwind(panics).is_err());
        let stopped = runtime.try_run(async {
            Handle::current().stop();
            pending::<()>().await;
        });
        assert!(matches!(stopped, Err(RunError::Stopped)));
        runtime.stop();
        runtime.run_forever().unwrap();
        flag.set();
        runtime.run(waits).unwrap();
        runtime.run(yield_now());
        runtime.shutdown().unwrap();
        assert_same(&findings);
        assert!(findings.state().counts.runs >= 7);
    }
}

#[test]
fn a_runtime_that_is_dropped_in_the_middle_tells_of_the_ends_of_its_tasks() {
    for builder in builders() {
        let (runtime, findings) = watched(builder);
        runtime.run(async {
            let pool = Rc::new(ThreadPool::new(1));
            for n in 0..5 {
                let pool = Rc::clone(&pool);
                drop(spawn(async move {
                    if n % 2 == 0 {
                        yield_now().await;
                    }
                    drop(pool.submit(|| thread::sleep(millis(2))).await);
                    spawn(pending::<()>()).await.unwrap();
                }));
            }
            yield_now().await;
        });
        drop(runtime);
        assert_same(&findings);
        assert!(findings.state().tasks.is_empty());
    }
}
