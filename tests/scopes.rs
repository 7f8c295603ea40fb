//! Scopes in odd places: several at once in one task, unpolled, leaked, moved, and in crowds.

use roundelay::task::{SharedHandle, TaskGroup, cancel_requests, task_group};
use roundelay::time::{now, timeout_scope};
use roundelay::{
    Handle, Runtime, catch_cancel, gather, gather_handles, sleep, spawn, timeout, yield_now,
};
use rustix::time::{ClockId, clock_gettime};
use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// So long, in virtual time, something may take that must come.
const LOST: Duration = Duration::from_secs(1000);
const MOMENT: Duration = Duration::from_millis(1);

fn virtual_time() -> Runtime {
    Runtime::builder().virtual_clock(true).build().unwrap()
}

/// Runs a body as a task that must end.
fn ends<T: 'static>(body: impl Future<Output = T> + 'static) -> T {
    virtual_time().run(async {
        let task = spawn(body);
        timeout(LOST, task).await.expect("it hangs").unwrap()
    })
}

type Boxed<T> = Pin<Box<dyn Future<Output = T>>>;

fn boxed<T>(future: impl Future<Output = T> + 'static) -> Boxed<T> {
    Box::pin(future)
}

/// Polls all whenever it is polled, as a `join!`.
async fn together<T>(futures: Vec<Boxed<T>>) -> Vec<T> {
    let mut places: Vec<_> = futures.into_iter().map(|future| (future, None)).collect();
    poll_fn(move |cx| {
        for (future, output) in &mut places {
            if output.is_none()
                && let Poll::Ready(value) = future.as_mut().poll(cx)
            {
                *output = Some(value);
            }
        }
        if places.iter().any(|(_, output)| output.is_none()) {
            return Poll::Pending;
        }
        Poll::Ready(
            places
                .iter_mut()
                .filter_map(|(_, output)| output.take())
                .collect(),
        )
    })
    .await
}

/// Polls each future only when its own waker was woken, as sets of futures do.
async fn set<T>(futures: Vec<Boxed<T>>) -> Vec<T> {
    struct Own(Mutex<(bool, Option<Waker>)>);
    impl Wake for Own {
        fn wake(self: Arc<Self>) {
            let mut own = self.0.lock().unwrap();
            own.0 = true;
            if let Some(waker) = &own.1 {
                waker.wake_by_ref();
            }
        }
    }
    let mut places: Vec<_> = futures
        .into_iter()
        .map(|future| (future, None, Arc::new(Own(Mutex::new((true, None))))))
        .collect();
    poll_fn(move |cx| {
        for (future, output, own) in &mut places {
            let woken = {
                let mut own = own.0.lock().unwrap();
                own.1 = Some(cx.waker().clone());
                std::mem::replace(&mut own.0, false)
            };
            if output.is_none()
                && woken
                && let Poll::Ready(value) = future
                    .as_mut()
                    .poll(&mut Context::from_waker(&Waker::from(Arc::clone(own))))
            {
                *output = Some(value);
            }
        }
        if places.iter().any(|(_, output, _)| output.is_none()) {
            return Poll::Pending;
        }
        Poll::Ready(
            places
                .iter_mut()
                .filter_map(|(_, output, _)| output.take())
                .collect(),
        )
    })
    .await
}

#[test]
fn limits_of_one_task_that_run_out_together_all_do() {
    for count in [2, 3, 50] {
        let limits = move || {
            (0..count)
                .map(|_| boxed(timeout(MOMENT, pending::<()>())))
                .collect()
        };
        let ended = ends(async move { together(limits()).await });
        assert!(ended.iter().all(Result::is_err));
        let ended = ends(async move { set(limits()).await });
        assert!(ended.iter().all(Result::is_err));
        assert_eq!(
            ends(async move {
                together(limits()).await;
                cancel_requests()
            }),
            0
        );
    }
}

#[test]
fn limits_over_handles_that_run_out_together_all_do() {
    let ended = ends(async {
        let limits = (0..3).map(|_| boxed(timeout(MOMENT, spawn(pending::<()>()))));
        together(limits.collect()).await
    });
    assert!(ended.iter().all(Result::is_err), "{ended:?}");
}

#[test]
fn a_limit_over_a_gather_takes_only_its_own() {
    for first_is_short in [true, false] {
        let ended = ends(async move {
            let mut limits = [MOMENT, LOST / 2];
            if !first_is_short {
                limits.reverse();
            }
            let limited = limits.map(|limit| {
                boxed(async move {
                    let all = gather([pending::<()>()]);
                    let all = async { timeout(MOMENT * 10, all.settled()).await.is_err() };
                    timeout(limit, all).await
                })
            });
            together(limited.into_iter().collect()).await
        });
        let short = usize::from(!first_is_short);
        assert!(ended[short].is_err());
        assert_eq!(ended[1 - short], Ok(true));
    }
}

#[test]
fn a_cancel_beside_limits_that_run_out_goes_through() {
    let ended = ends(async {
        let task = spawn(async {
            let limits = (0..3).map(|_| boxed(timeout(MOMENT, pending::<()>())));
            together(limits.collect()).await
        });
        let task = task.shared();
        let other = task.clone();
        Handle::current().call_later(MOMENT, move || {
            other.cancel();
        });
        task.await
    });
    assert!(ended.unwrap_err().is_cancelled());
}

#[test]
fn a_group_beside_a_limit_and_a_scope_asks_only_its_own() {
    let ended = ends(async {
        let group = boxed(async {
            let outcome = task_group(async |group| {
                group.spawn(async {
                    sleep(MOMENT).await;
                    Err::<(), _>(1)
                });
                pending::<Result<(), i32>>().await
            });
            outcome.await.unwrap_err().errors().len() == 1
        });
        let limited = boxed(async { timeout(MOMENT, pending::<()>()).await.is_err() });
        let calm = boxed(async { catch_cancel(sleep(MOMENT * 50)).await.is_ok() });
        let all = together(vec![group, limited, calm]).await;
        assert_eq!(cancel_requests(), 0);
        all
    });
    assert_eq!(ended, [true; 3]);
}

#[test]
fn a_group_takes_no_members_of_another_runtime() {
    let kept: Rc<RefCell<Option<TaskGroup<()>>>> = Rc::default();
    let (first, second) = (virtual_time(), virtual_time());
    let place = kept.clone();
    first.run(async move {
        let group = spawn(task_group::<(), ()>(async move |group| {
            *place.borrow_mut() = Some(group.clone());
            pending().await
        }));
        yield_now().await;
        drop(group);
    });
    let group = kept.take().unwrap();
    second.run(async {
        assert!(group.try_spawn(async { Ok(()) }).is_err());
    });
}

#[test]
fn groups_of_one_task_that_fail_together_all_do() {
    let group = || async {
        task_group(async |group| {
            group.spawn(async { Err::<(), _>(1) });
            pending::<Result<(), i32>>().await
        })
        .await
    };
    let ended = ends(async move { together(vec![boxed(group()), boxed(group())]).await });
    assert!(
        ended
            .iter()
            .all(|ended| ended.as_ref().unwrap_err().errors().len() == 1)
    );
}

#[test]
fn a_limit_that_runs_out_beside_a_cancel_does_not_hang() {
    let ended = ends(async {
        let task = spawn(async {
            let caught = boxed(async { catch_cancel(pending::<()>()).await.is_err() });
            let limited = boxed(async { timeout(MOMENT, pending::<()>()).await.is_err() });
            together(vec![limited, caught]).await
        });
        let task = task.shared();
        let other = task.clone();
        Handle::current().call_later(MOMENT, move || {
            other.cancel();
        });
        task.await
    });
    // The count says that somebody else has asked, too.
    assert!(ended.unwrap_err().is_cancelled());
}

#[test]
fn a_scope_that_is_kept_unpolled_is_in_nobodys_way() {
    virtual_time().run(async {
        let task = spawn(async {
            let mut kept = pin!(catch_cancel(pending::<()>()));
            assert!(
                poll_fn(|cx| Poll::Ready(kept.as_mut().poll(cx)))
                    .await
                    .is_pending()
            );
            sleep(LOST * 2).await;
        });
        yield_now().await;
        task.cancel();
        let ended = timeout(LOST, task).await.expect("it hangs");
        assert!(ended.unwrap_err().is_cancelled());
    });
}

#[test]
fn a_scope_that_is_leaked_is_in_nobodys_way() {
    virtual_time().run(async {
        let task = spawn(async {
            let mut kept = Box::pin(catch_cancel(pending::<()>()));
            assert!(
                poll_fn(|cx| Poll::Ready(kept.as_mut().poll(cx)))
                    .await
                    .is_pending()
            );
            std::mem::forget(kept);
            let caught = catch_cancel(sleep(LOST * 2)).await;
            assert!(caught.is_err());
            sleep(LOST * 2).await;
        });
        yield_now().await;
        task.cancel();
        yield_now().await;
        yield_now().await;
        task.cancel();
        let ended = timeout(LOST, task).await.expect("it hangs");
        assert!(ended.unwrap_err().is_cancelled());
    });
}

#[test]
fn a_limit_may_be_moved_before_the_first_poll() {
    let ended = ends(async {
        timeout_scope(None, |scope: &roundelay::time::TimeoutScope| {
            scope.reschedule(Some(now() + MOMENT)).unwrap();
            pending::<()>()
        })
        .await
    });
    assert!(ended.is_err());
}

#[test]
fn a_cancel_from_a_thread_meets_no_other_task() {
    roundelay::run(async {
        let task = spawn(async { 1 });
        yield_now().await;
        let thread = std::thread::spawn(move || {
            task.cancel();
            task
        });
        let task = thread.join().unwrap();
        assert_eq!(task.await.unwrap(), 1);
        let others: Vec<_> = (0..3)
            .map(|_| spawn(sleep(Duration::from_millis(20))))
            .collect();
        for other in others {
            other.await.expect("nobody asked it to cancel");
        }
    });
}

#[test]
fn a_refused_member_may_be_shared() {
    ends(async {
        let outcome = task_group::<_, ()>(async |group| {
            group.cancel();
            let refused = group.spawn(async { Ok(()) }).shared();
            assert!(refused.await.is_err());
            Ok(())
        });
        let _ = outcome.await;
    });
}

#[test]
fn a_shared_handle_polled_often_by_a_foreign_waker_needs_no_memory() {
    struct Counts(Mutex<usize>);
    impl Wake for Counts {
        fn wake(self: Arc<Self>) {
            *self.0.lock().unwrap() += 1;
        }
    }
    ends(async {
        let counts = Arc::new(Counts(Mutex::new(0)));
        let waker = Waker::from(Arc::clone(&counts));
        let mut task = spawn(yield_now()).shared();
        for _ in 0..1000 {
            let polled = Pin::new(&mut task).poll(&mut Context::from_waker(&waker));
            assert!(polled.is_pending());
        }
        assert!(Arc::strong_count(&counts) < 10);
        task.await.unwrap();
        assert_eq!(*counts.0.lock().unwrap(), 1);
    });
}

/// How many times as long eight times as much takes.
fn growth(mut work: impl FnMut(usize)) -> f64 {
    // The thread's own time, whatever else the machine does.
    let now = || {
        let now = clock_gettime(ClockId::ThreadCPUTime);
        now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
    };
    let mut time = |size| {
        let begun = now();
        work(size);
        now() - begun
    };
    time(100);
    let less = time(1000).min(time(1000)).max(0.002);
    time(8000) / less
}

#[test]
fn a_crowd_of_limits_in_one_task_expires() {
    let growth = growth(|count| {
        let ended = ends(async move {
            let limits = (0..count).map(|_| boxed(timeout(MOMENT, pending::<()>())));
            set(limits.collect()).await
        });
        assert!(ended.iter().all(Result::is_err));
    });
    assert!(growth < 32.0, "{growth}");
}

#[test]
fn a_crowd_of_limits_in_one_task_is_left() {
    let growth = growth(|count| {
        let ended = ends(async move {
            let limits = (0..count).map(|n| boxed(timeout(LOST, sleep(MOMENT * (n as u32 % 7)))));
            set(limits.collect()).await
        });
        assert!(ended.iter().all(Result::is_ok));
    });
    assert!(growth < 32.0, "{growth}");
}

#[test]
fn a_crowd_awaits_one_shared_handle() {
    let growth = growth(|count| {
        ends(async move {
            let task = spawn(sleep(MOMENT)).shared();
            let crowd: Vec<_> = (0..count).map(|_| spawn(task.clone())).collect();
            for one in crowd {
                one.await.unwrap().unwrap();
            }
        });
    });
    assert!(growth < 32.0, "{growth}");
}

#[test]
fn a_crowd_that_awaits_one_shared_handle_is_cancelled() {
    let growth = growth(|count| {
        ends(async move {
            let task = spawn(sleep(LOST)).shared();
            let crowd: Vec<_> = (0..count).map(|_| spawn(task.clone())).collect();
            yield_now().await;
            for one in &crowd {
                one.cancel();
            }
            for one in crowd {
                assert!(one.await.unwrap_err().is_cancelled());
            }
        });
    });
    assert!(growth < 32.0, "{growth}");
}

#[test]
fn a_group_dropped_outside_of_a_run_cancels_its_members() {
    let ended = Rc::new(Cell::new(false));
    let kept: Rc<RefCell<Option<Boxed<()>>>> = Rc::default();
    let runtime = virtual_time();
    let (flag, place) = (ended.clone(), kept.clone());
    runtime.run(async move {
        let mut group = boxed(async move {
            let outcome = task_group::<(), ()>(async move |group| {
                group.spawn(async move {
                    let _ = catch_cancel(pending::<()>()).await;
                    flag.set(true);
                    Ok(())
                });
                pending().await
            });
            drop(outcome.await);
        });
        poll_fn(|cx| Poll::Ready(group.as_mut().poll(cx).is_pending())).await;
        yield_now().await;
        *place.borrow_mut() = Some(group);
    });
    drop(kept.take());
    runtime.run(async {
        for _ in 0..5 {
            yield_now().await;
        }
    });
    assert!(ended.get());
}

/// Hands a future that one task has polled to another one, when the first wakes.
async fn in_two_tasks<T: 'static>(
    future: Boxed<T>,
    first: impl Future<Output = ()> + 'static,
) -> (Result<(), roundelay::JoinError>, T) {
    let place = Rc::new(RefCell::new(Some(future)));
    let from = place.clone();
    let polled = spawn(async move {
        poll_fn(|cx| {
            let mut place = from.borrow_mut();
            Poll::Ready(place.as_mut().unwrap().as_mut().poll(cx).is_pending())
        })
        .await;
        first.await;
    });
    yield_now().await;
    let moved = spawn(async move {
        let future = place.borrow_mut().take().unwrap();
        future.await
    });
    let ended = timeout(LOST / 2, moved).await.expect("it hangs").unwrap();
    (polled.await, ended)
}

#[test]
fn a_group_that_moved_to_another_task_asks_that_one() {
    let (first, outcome) = ends(async {
        let group = boxed(async {
            let outcome = task_group(async |group| {
                group.spawn(async {
                    sleep(MOMENT).await;
                    Err::<(), _>(1)
                });
                pending::<Result<(), i32>>().await
            });
            outcome.await
        });
        in_two_tasks(group, sleep(MOMENT * 10)).await
    });
    assert!(first.is_ok(), "{first:?}");
    assert_eq!(outcome.unwrap_err().errors().len(), 1);
}

#[test]
fn a_limit_that_ran_out_and_moved_to_another_task_leaves_the_first_alone() {
    let (first, ended) = ends(async {
        let limited = boxed(async {
            let inner = spawn(async {
                // It takes its time to end, meanwhile the limit moves.
                let _ = catch_cancel(pending::<()>()).await;
                sleep(MOMENT * 10).await;
            });
            timeout(Duration::ZERO, inner).await.is_err()
        });
        in_two_tasks(limited, async {
            sleep(MOMENT * 20).await;
            assert_eq!(cancel_requests(), 0);
        })
        .await
    });
    assert!(first.is_ok(), "{first:?}");
    let _ = ended;
}

#[test]
fn a_waker_may_look_at_the_shared_handle_that_drops_it() {
    struct Looks(Mutex<Option<Box<dyn FnOnce() + Send>>>);
    impl Wake for Looks {
        fn wake(self: Arc<Self>) {}
    }
    impl Drop for Looks {
        fn drop(&mut self) {
            (self.0.lock().unwrap().take().unwrap())();
        }
    }
    thread_local! {
        static HANDLE: RefCell<Option<SharedHandle<i32>>> = const { RefCell::new(None) };
        static RUNTIME: RefCell<Option<Rc<Runtime>>> = const { RefCell::new(None) };
        static LOOKED: Cell<u32> = const { Cell::new(0) };
    }
    let runtime = Rc::new(virtual_time());
    RUNTIME.set(Some(runtime.clone()));
    let look = || {
        let runtime = RUNTIME.with_borrow(|runtime| runtime.clone().unwrap());
        runtime.run(async {
            for _ in 0..5 {
                yield_now().await;
            }
        });
        let handle = HANDLE.with_borrow(|handle| handle.clone().unwrap());
        assert!(handle.is_finished());
        let _ = handle.outcome();
        LOOKED.set(LOOKED.get() + 1);
    };
    #[expect(clippy::async_yields_async, reason = "the handle is what it is about")]
    let mut task = runtime.run(async {
        spawn(async {
            yield_now().await;
            yield_now().await;
            yield_now().await;
            yield_now().await;
            7
        })
        .shared()
    });
    HANDLE.set(Some(task.clone()));
    let waker = Waker::from(Arc::new(Looks(Mutex::new(Some(Box::new(look))))));
    let polled = Pin::new(&mut task).poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
    drop(waker);
    drop(task);
    assert_eq!(LOOKED.get(), 1);
    let handle = HANDLE.take().unwrap();
    assert_eq!(*handle.outcome().unwrap().unwrap(), 7);
    RUNTIME.take();
}

#[test]
fn a_task_that_awaits_itself_in_any_way_can_be_cancelled() {
    type Place = Rc<RefCell<Option<roundelay::JoinHandle<()>>>>;
    let ways: [fn(Place) -> Boxed<()>; 3] = [
        |place| {
            boxed(async move {
                let own = place.borrow_mut().take().unwrap();
                let _ = gather_handles([own]).await;
            })
        },
        |place| {
            boxed(async move {
                let own = place.borrow_mut().take().unwrap();
                let _ = gather_handles([own]).settled().await;
            })
        },
        |place| {
            boxed(async move {
                let own = place.borrow_mut().take().unwrap();
                let _ = own.shared().await;
            })
        },
    ];
    for way in ways {
        ends(async move {
            let place = Place::default();
            let task = spawn(way(place.clone()));
            let ended = Rc::new(Cell::new(false));
            let flag = ended.clone();
            task.on_done(move || flag.set(true));
            *place.borrow_mut() = Some(task);
            for _ in 0..5 {
                yield_now().await;
            }
            // The runtime's end cancels it.
            drop(place);
            ended.get()
        });
    }
}

#[test]
fn a_scopes_waker_may_cancel_and_abort_the_task_and_drop_its_handle() {
    struct Does(Mutex<Option<roundelay::JoinHandle<()>>>, u8, Waker);
    impl Wake for Does {
        fn wake(self: Arc<Self>) {
            let handle = self.0.lock().unwrap().take();
            if let Some(handle) = handle {
                match self.1 {
                    0 => drop(handle.cancel()),
                    1 => drop(handle.abort()),
                    2 => drop(handle.uncancel()),
                    _ => drop(roundelay::spawn_eager(async move {
                        handle.cancel();
                        handle.abort();
                    })),
                }
            }
            self.2.wake_by_ref();
        }
    }
    for what in 0..4 {
        ends(async move {
            let place: Rc<RefCell<Option<Arc<Does>>>> = Rc::default();
            let from = place.clone();
            let task = spawn(async move {
                let mut scope = pin!(catch_cancel(timeout(LOST * 2, pending::<()>())));
                poll_fn(|cx| {
                    let mut place = from.borrow_mut();
                    let does = place.get_or_insert_with(|| {
                        Arc::new(Does(Mutex::new(None), what, cx.waker().clone()))
                    });
                    let waker = Waker::from(does.clone());
                    drop(place);
                    scope.as_mut().poll(&mut Context::from_waker(&waker))
                })
                .await
                .unwrap_err();
            });
            yield_now().await;
            task.cancel();
            let ended = Rc::new(Cell::new(false));
            let flag = ended.clone();
            task.on_done(move || flag.set(true));
            let does = place.take().unwrap();
            *does.0.lock().unwrap() = Some(task);
            drop(does);
            for _ in 0..9 {
                yield_now().await;
            }
            assert!(ended.get());
        });
    }
}

#[test]
fn a_member_may_drop_its_own_group() {
    ends(async {
        let place: Rc<RefCell<Option<Boxed<()>>>> = Rc::default();
        let inner = place.clone();
        let ended = Rc::new(Cell::new(0));
        let flag = ended.clone();
        let group = boxed(async move {
            let outcome = task_group::<(), ()>(async |group| {
                for n in 0..3 {
                    let (inner, flag) = (inner.clone(), flag.clone());
                    group.spawn(async move {
                        if n == 1 {
                            yield_now().await;
                            drop(inner.borrow_mut().take());
                        }
                        let _ = catch_cancel(pending::<()>()).await;
                        flag.set(flag.get() + 1);
                        Ok(())
                    });
                }
                pending().await
            });
            let _ = outcome.await;
        });
        *place.borrow_mut() = Some(group);
        poll_fn(|cx| {
            let mut group = place.borrow_mut().take().unwrap();
            let polled = group.as_mut().poll(cx);
            *place.borrow_mut() = Some(group);
            Poll::Ready(polled.is_pending())
        })
        .await;
        for _ in 0..9 {
            yield_now().await;
        }
        assert_eq!(ended.get(), 3);
        assert_eq!(cancel_requests(), 0);
    });
}

#[test]
fn drops_that_cancel_and_enter_scopes_end() {
    struct Drops;
    impl Drop for Drops {
        fn drop(&mut self) {
            roundelay::cancel_current();
            let mut scope = Box::pin(catch_cancel(pending::<()>()));
            let mut cx = Context::from_waker(Waker::noop());
            let _ = scope.as_mut().poll(&mut cx);
            let mut limit = Box::pin(timeout(MOMENT, pending::<()>()));
            let _ = limit.as_mut().poll(&mut cx);
            std::mem::forget(scope);
            let mut resume = Box::pin(roundelay::Cancelled::raised_here(None).resume());
            if roundelay::task::current().is_some() {
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    let _ = resume.as_mut().poll(&mut cx);
                }));
            }
        }
    }
    ends(async {
        let holds = |_: Drops| pending::<()>();
        let task = spawn(async move {
            let drops = Drops;
            let inner = async move {
                let _drops = drops;
                pending::<()>().await;
            };
            let _ = timeout(MOMENT, catch_cancel(timeout(MOMENT, inner))).await;
            sleep(MOMENT).await;
        });
        let other = spawn(async move {
            let drops = Drops;
            holds(drops).await;
        });
        let third = spawn(async { Drops });
        yield_now().await;
        other.cancel();
        let _ = task.await;
        let _ = other.await;
        let _ = spawn(async { drop(third.await) }).await;
        let fourth = spawn(async { Drops });
        yield_now().await;
        drop(fourth);
        yield_now().await;
    });
}

/// Numbers from a known seed.
#[derive(Clone)]
struct Numbers(Rc<Cell<u64>>, Rc<Cell<bool>>);

impl Numbers {
    fn below(&self, limit: u64) -> u64 {
        let mut n = self.0.get();
        n ^= n << 13;
        n ^= n >> 7;
        n ^= n << 17;
        self.0.set(n);
        n % limit
    }

    fn moments(&self) -> Duration {
        MOMENT * self.below(4) as u32
    }
}

/// A future of which each part ends, or ends when it is cancelled.
fn random(n: Numbers, depth: u32) -> Boxed<()> {
    let part = move |n: &Numbers| random(n.clone(), depth - 1);
    let parts = move |n: &Numbers| (0..=n.below(3)).map(|_| part(n)).collect::<Vec<_>>();
    if depth == 0 {
        return match n.below(3) {
            0 => boxed(pending()),
            1 => boxed(sleep(n.moments())),
            _ => boxed(yield_now()),
        };
    }
    match n.below(16) {
        0 => boxed(async move {
            let _ = catch_cancel(part(&n)).await;
            part(&n).await;
        }),
        1 => boxed(async move {
            if let Err(cancelled) = catch_cancel(part(&n)).await {
                yield_now().await;
                cancelled.resume().await;
            }
        }),
        2 | 3 => boxed(async move {
            let _ = timeout(n.moments(), part(&n)).await;
        }),
        4 => boxed(async move {
            let limits = parts(&n).into_iter();
            let limits = limits.map(|part| boxed(timeout(n.moments(), part)));
            together(limits.collect()).await;
        }),
        5 => boxed(async move { drop(together(parts(&n)).await) }),
        6 => boxed(async move { drop(set(parts(&n)).await) }),
        7 => boxed(async move { drop(spawn(part(&n)).await) }),
        8 => boxed(async move { drop(gather(parts(&n)).await) }),
        9 => boxed(async move { drop(gather(parts(&n)).settled().await) }),
        10 => boxed(async move {
            // Kept, and polled once.
            let mut kept = part(&n);
            let ended = poll_fn(|cx| Poll::Ready(kept.as_mut().poll(cx).is_ready())).await;
            part(&n).await;
            match n.below(3) {
                0 if !ended => kept.await,
                1 => drop(kept),
                _ => std::mem::forget(kept),
            }
        }),
        11 | 12 => boxed(async move {
            // It asks its members once, and one may take that for a part of it only.
            n.1.set(true);
            let outcome = task_group(async |group| {
                for part in parts(&n) {
                    let fails = n.below(2) == 0;
                    let member = async move {
                        part.await;
                        if fails { Err(()) } else { Ok(()) }
                    };
                    group.spawn(member);
                }
                if n.below(4) == 0 {
                    group.cancel();
                }
                part(&n).await;
                Ok(())
            });
            let _ = outcome.await;
        }),
        13 => boxed(async move {
            roundelay::task::cancel_current();
            part(&n).await;
        }),
        14 => boxed(async move {
            let shared = spawn(part(&n)).shared();
            let all = (0..2).map(|_| boxed(shared.clone()));
            if n.below(2) == 0 {
                drop(together(all.collect()).await);
            } else {
                drop(set(all.collect()).await);
            }
        }),
        _ => boxed(async move {
            let mut task = roundelay::spawn_eager(part(&n));
            if catch_cancel(roundelay::shield(&mut task)).await.is_ok() {
                return;
            }
            task.cancel();
            if n.below(2) == 0 {
                roundelay::task::uncancel();
            }
            let _ = task.await;
        }),
    }
}

#[test]
fn whatever_is_cancelled_often_enough_ends() {
    for seed in 1..=3000 {
        let builder = Runtime::builder().virtual_clock(true);
        let builder = match seed % 4 {
            0 => builder.spurious_polls(seed),
            1 => builder.eager_start(true),
            2 => builder.seed(seed),
            _ => builder,
        };
        let runtime = builder.build().unwrap();
        runtime.run(async {
            let n = Numbers(
                Rc::new(Cell::new((seed + 1000) * 0x9E37_79B9_7F4A)),
                Rc::default(),
            );
            let task = spawn(random(n.clone(), 4));
            for _ in 0..400 {
                if task.is_finished() {
                    break;
                }
                if n.below(3) == 0 {
                    sleep(MOMENT).await;
                } else {
                    yield_now().await;
                }
                task.cancel();
            }
            sleep(MOMENT * 1000).await;
            assert!(task.is_finished() || n.1.get(), "seed {seed}");
            task.abort();
            sleep(MOMENT).await;
            assert!(task.is_finished(), "seed {seed}");
        });
        drop(runtime);
    }
}
