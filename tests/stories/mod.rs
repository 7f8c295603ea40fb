//! Programs for stories: each shows a few kinds of events that no example has.

use roundelay::sync::{Condition, Event, Lock, Promise, Queue};
use roundelay::{Handle, gather, sleep, spawn, spawn_eager, task_group, timeout};
use std::rc::Rc;
use std::time::Duration;

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Three tasks at one lock: who holds it, and who gets it next.
pub async fn one_lock() {
    let lock = Rc::new(Lock::new(()));
    let tasks = ["first", "second", "third"].map(|name| {
        let lock = Rc::clone(&lock);
        let task = spawn(async move {
            let _guard = lock.lock().await;
            sleep(millis(10)).await;
        });
        task.set_name(name);
        task
    });
    for task in tasks {
        task.await.unwrap();
    }
}

/// An event, a condition, a promise and a queue, each waited for by one task and told of by another.
pub async fn four_signals() {
    let event = Rc::new(Event::new());
    let condition = Rc::new(Condition::new());
    let promise = Rc::new(Promise::new());
    let queue = Rc::new(Queue::bounded(1));
    let waiter = spawn({
        let (event, condition) = (Rc::clone(&event), Rc::clone(&condition));
        let (promise, queue) = (Rc::clone(&promise), Rc::clone(&queue));
        async move {
            event.wait().await;
            condition.lock().await.wait().await;
            promise.wait().await.unwrap();
            queue.get().await.unwrap()
        }
    });
    sleep(millis(1)).await;
    event.set();
    sleep(millis(1)).await;
    condition.lock().await.notify(1);
    sleep(millis(1)).await;
    promise.set(()).unwrap();
    sleep(millis(1)).await;
    queue.put(7).await.unwrap();
    queue.put(8).await.unwrap();
    assert_eq!(waiter.await.unwrap(), 7);
}

/// A time limit that runs out, and a cancel that is asked for.
pub async fn a_limit_and_a_cancel() {
    let task = spawn(sleep(millis(50)));
    assert!(timeout(millis(10), Event::new().wait()).await.is_err());
    task.cancel();
    assert!(task.await.is_err());
}

/// A group of which one task fails, while another one sleeps.
pub async fn a_group_that_fails() {
    let result = task_group(async |group| {
        group.spawn(async {
            sleep(millis(5)).await;
            Err::<(), _>("broken")
        });
        group.spawn(async {
            sleep(millis(50)).await;
            Ok(())
        });
        Ok(())
    })
    .await;
    assert!(result.is_err());
}

/// Callbacks, an eager task, and a gather.
pub async fn callbacks_and_eager_tasks() {
    let handle = Handle::current();
    handle.call_soon(|| {});
    handle.call_later(millis(2), || {});
    handle.call_soon(|| {}).cancel();
    let eager = spawn_eager(sleep(millis(1)));
    gather((sleep(millis(3)), async { 1 })).await.unwrap();
    eager.await.unwrap();
}
