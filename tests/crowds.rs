//! Crowds that are cancelled in the middle: what is quadratic here takes minutes, what recurses overflows the stack.

use roundelay::sync::{Lock, Promise, Queue, Semaphore};
use roundelay::testing::test;
use roundelay::{
    JoinHandle, WaitMode, catch_cancel, gather, sleep, spawn, task_group, timeout, wait, yield_now,
};
use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

const CROWD: usize = 100_000;
const LONG: Duration = Duration::from_secs(3600);

/// Cancels every task of a crowd that waits for something, in an order that is neither that of arrival nor its reverse.
fn cancel_mixed(tasks: &[JoinHandle<()>]) {
    // Coprime to the crowd's size, so that it comes to all.
    const STRIDE: usize = 7_919;
    for n in 0..tasks.len() {
        tasks[n * STRIDE % tasks.len()].cancel();
    }
}

async fn all_cancelled(tasks: Vec<JoinHandle<()>>) {
    for task in tasks {
        assert!(task.await.unwrap_err().is_cancelled());
    }
}

#[test]
fn a_gather_and_a_group_of_a_crowd_are_cancelled_in_the_middle() {
    test(async {
        let ended = Rc::new(Cell::new(0));
        let member = |ended: Rc<Cell<usize>>| async move {
            let slept = catch_cancel(sleep(LONG)).await;
            ended.set(ended.get() + 1);
            if let Err(cancelled) = slept {
                cancelled.resume().await;
            }
        };
        let members: Vec<_> = (0..CROWD).map(|_| member(Rc::clone(&ended))).collect();
        let gathering = spawn(async move { gather(members).settled().await.len() });
        yield_now().await;
        yield_now().await;
        gathering.cancel();
        assert!(gathering.await.unwrap_err().is_cancelled());
        assert_eq!(ended.replace(0), CROWD);

        let outcome = task_group(async |group| {
            for _ in 0..CROWD {
                let member = member(Rc::clone(&ended));
                group.spawn(async move {
                    member.await;
                    Ok(())
                });
            }
            yield_now().await;
            Err::<(), _>("enough")
        });
        assert_eq!(outcome.await.unwrap_err().errors().len(), 1);
        assert_eq!(ended.get(), CROWD);
    });
}

#[test]
fn all_members_of_a_crowd_fail_at_once() {
    test(async {
        let outcome = task_group(async |group| {
            let start = Rc::new(Promise::new());
            for n in 0..CROWD {
                let start = Rc::clone(&start);
                group.spawn(async move {
                    start.wait().await.unwrap();
                    Err::<(), _>(n)
                });
            }
            yield_now().await;
            start.set(()).unwrap();
            Ok(())
        });
        let errors = outcome.await.unwrap_err().into_errors();
        assert_eq!(errors.len(), CROWD);
    });
}

#[test]
fn crowds_at_primitives_are_cancelled_in_the_middle() {
    test(async {
        let queue = Rc::new(Queue::<()>::unbounded());
        let lock = Rc::new(Lock::new(()));
        let semaphore = Rc::new(Semaphore::new(1));
        let guard = lock.lock().await;
        let permit = semaphore.acquire().await;
        let mut tasks = Vec::new();
        for n in 0..CROWD {
            let (queue, lock, semaphore) = (queue.clone(), lock.clone(), semaphore.clone());
            tasks.push(spawn(async move {
                match n % 4 {
                    0 => queue.get().await.unwrap(),
                    1 => drop(lock.lock().await),
                    2 => drop(semaphore.acquire().await),
                    _ => drop(timeout(LONG, queue.get()).await),
                }
            }));
        }
        yield_now().await;
        cancel_mixed(&tasks);
        // They are released while everybody is on the way out.
        drop(guard);
        drop(permit);
        queue.put(()).await.unwrap();
        all_cancelled(tasks).await;
        assert!(lock.try_lock().is_some() && semaphore.try_acquire().is_some());
        assert_eq!(queue.len(), 1);
    });
}

#[test]
fn a_crowd_that_waits_for_one_task_is_cancelled_in_the_middle() {
    test(async {
        let long = spawn(sleep(LONG)).shared();
        let tasks: Vec<_> = (0..1_000)
            .map(|_| {
                let long = long.clone();
                spawn(async move { drop(roundelay::shield(long).await) })
            })
            .collect();
        yield_now().await;
        cancel_mixed(&tasks);
        all_cancelled(tasks).await;
        assert!(!long.is_finished());
        long.cancel();
        assert!(long.await.unwrap_err().is_cancelled());
    });
}

#[test]
fn a_cancel_goes_down_a_long_chain_of_joins_and_comes_back_up() {
    fn link(n: usize, ended: Rc<Cell<usize>>) -> Pin<Box<dyn Future<Output = ()>>> {
        Box::pin(async move {
            let next = async {
                match n {
                    0 => sleep(LONG).await,
                    n => spawn(link(n - 1, Rc::clone(&ended))).await.unwrap(),
                }
            };
            if let Err(cancelled) = catch_cancel(next).await {
                ended.set(ended.get() + 1);
                cancelled.resume().await;
            }
        })
    }
    test(async {
        let ended = Rc::new(Cell::new(0));
        let chain = spawn(link(CROWD, Rc::clone(&ended)));
        sleep(Duration::from_millis(1)).await;
        chain.cancel();
        assert!(chain.await.unwrap_err().is_cancelled());
        assert_eq!(ended.get(), CROWD + 1);
    });
}

#[test]
fn a_ring_of_tasks_that_await_each_other_can_be_cancelled() {
    test(async {
        let other = Rc::new(Promise::new());
        let first = spawn({
            let other: Rc<Promise<roundelay::task::SharedHandle<()>>> = Rc::clone(&other);
            async move { drop(other.wait().await.unwrap().await) }
        })
        .shared();
        let second = spawn({
            let first = first.clone();
            async move { drop(first.await) }
        })
        .shared();
        other.set(second.clone()).unwrap();
        yield_now().await;
        yield_now().await;
        yield_now().await;
        first.cancel();
        wait(vec![spawn(async move { drop(first.await) })], WaitMode::All)
            .timeout(LONG)
            .await;
        assert!(second.is_finished());
    });
}
