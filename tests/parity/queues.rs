//! Queues: who gets what, who waits for whom, and the end of a queue.

use super::harness::{Out, check, ms};
use roundelay::error::{TryGetError, TryPutError};
use roundelay::sync::{LifoQueue, PriorityQueue, Queue};
use roundelay::{Handle, WaitMode, catch_cancel, sleep, spawn, timeout, wait, yield_now};
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// What several tasks put into and get from.
fn shared<T>() -> Rc<Queue<T>> {
    Rc::new(Queue::unbounded())
}

fn bounded<T>(bound: usize) -> Rc<Queue<T>> {
    Rc::new(Queue::bounded(bound))
}

async fn getter<T: Display>(out: Out, name: &str, queue: Rc<Queue<T>>) {
    match catch_cancel(queue.get()).await {
        Ok(Ok(item)) => out.say(format!("{name} got {item}")),
        Ok(Err(_)) => out.say(format!("{name} QueueShutDown")),
        Err(cancelled) => {
            out.say(format!("{name} is cancelled"));
            cancelled.resume().await
        }
    }
}

/// Puts its name.
async fn putter(out: Out, name: &'static str, queue: Rc<Queue<&'static str>>) {
    match catch_cancel(queue.put(name)).await {
        Ok(Ok(())) => out.say(format!("{name} has put")),
        Ok(Err(_)) => out.say(format!("{name} QueueShutDown")),
        Err(cancelled) => {
            out.say(format!("{name} is cancelled"));
            cancelled.resume().await
        }
    }
}

async fn joiner(out: Out, queue: Rc<Queue<u32>>) {
    queue.join().await;
    out.say("joined");
}

#[test]
fn first_in_first_out() {
    check("queues/first_in_first_out", |out| async move {
        let queue = Queue::unbounded();
        for item in [3, 1, 2] {
            queue.put(item).await.unwrap();
        }
        out.say(format!("size {}", queue.len()));
        while !queue.is_empty() {
            out.say(format!("item {}", queue.get().await.unwrap()));
        }
    });
}

#[test]
fn last_in_first_out() {
    check("queues/last_in_first_out", |out| async move {
        let queue = LifoQueue::unbounded();
        for item in [3, 1, 2] {
            queue.put(item).await.unwrap();
        }
        out.say(format!("item {}", queue.get().await.unwrap()));
        queue.put(4).await.unwrap();
        while !queue.is_empty() {
            out.say(format!("item {}", queue.get().await.unwrap()));
        }
    });
}

#[test]
fn smallest_first() {
    check("queues/smallest_first", |out| async move {
        let queue = PriorityQueue::unbounded();
        for item in [5, 2, 9] {
            queue.put(item).await.unwrap();
        }
        out.say(format!("item {}", queue.get().await.unwrap()));
        queue.put(1).await.unwrap();
        queue.put(7).await.unwrap();
        while !queue.is_empty() {
            out.say(format!("item {}", queue.get().await.unwrap()));
        }
    });
}

#[test]
fn smallest_when_the_getter_runs() {
    async fn getter(out: Out, name: &str, queue: Rc<PriorityQueue<u32>>) {
        out.say(format!("{name} got {}", queue.get().await.unwrap()));
    }
    check("queues/smallest_when_the_getter_runs", |out| async move {
        let queue = Rc::new(PriorityQueue::unbounded());
        let tasks = ["a", "b"].map(|name| spawn(getter(out.clone(), name, queue.clone())));
        yield_now().await;
        for item in [3, 2, 1] {
            queue.try_put(item).unwrap();
        }
        wait(tasks.into(), WaitMode::All).await;
        out.say(format!("left {}", queue.try_get().unwrap()));
    });
}

#[test]
fn without_waiting() {
    fn put(out: &Out, queue: &Queue<u32>, item: u32) {
        match queue.try_put(item) {
            Ok(()) => out.say(format!("put {item}")),
            Err(TryPutError::Full(_)) => out.say("QueueFull"),
            Err(error) => panic!("{error}"),
        }
    }
    fn get(out: &Out, queue: &Queue<u32>) {
        match queue.try_get() {
            Ok(item) => out.say(format!("got {item}")),
            Err(TryGetError::Empty) => out.say("QueueEmpty"),
            Err(error) => panic!("{error}"),
        }
    }
    check("queues/without_waiting", |out| async move {
        let queue = Queue::bounded(2);
        get(&out, &queue);
        for item in [1, 2, 3] {
            put(&out, &queue, item);
        }
        let full = if queue.is_full() { "full" } else { "not full" };
        let (size, bound) = (queue.len(), queue.bound().unwrap());
        out.say(format!("{full} size {size} of {bound}"));
        for _ in 0..3 {
            get(&out, &queue);
        }
        out.say(if queue.is_empty() {
            "empty"
        } else {
            "not empty"
        });
    });
}

#[test]
fn no_turn_when_it_need_not_wait() {
    check("queues/no_turn_when_it_need_not_wait", |out| async move {
        let queue = Queue::bounded(2);
        out.say_soon("callback");
        for n in 0..3 {
            queue.put(n).await.unwrap();
            out.say(format!("item {}", queue.get().await.unwrap()));
        }
        yield_now().await;
        out.say("main is over");
    });
}

#[test]
fn producer_starves_nobody() {
    async fn consumer(out: Out, queue: Rc<Queue<u32>>) {
        for _ in 0..4 {
            let item = queue.get().await.unwrap();
            out.say(format!("got {item} left {}", queue.len()));
        }
    }
    check("queues/producer_starves_nobody", |out| async move {
        let queue = shared();
        let task = spawn(consumer(out.clone(), Rc::clone(&queue)));
        yield_now().await;
        for n in 0..4 {
            queue.put(n).await.unwrap();
            out.say(format!("put {n}"));
        }
        task.await.unwrap();
    });
}

#[test]
fn full_queue_holds_the_producer() {
    async fn producer(out: Out, queue: Rc<Queue<u32>>) {
        for n in 0..5 {
            queue.put(n).await.unwrap();
            out.say(format!("put {n}"));
        }
        out.say("producer is over");
    }
    check("queues/full_queue_holds_the_producer", |out| async move {
        let queue = bounded(2);
        let task = spawn(producer(out.clone(), Rc::clone(&queue)));
        for _ in 0..5 {
            sleep(ms(10)).await;
            out.say(format!("got {}", queue.get().await.unwrap()));
        }
        task.await.unwrap();
    });
}

#[test]
fn getters_in_order() {
    check("queues/getters_in_order", |out| async move {
        let queue = shared();
        let tasks = ["a", "b", "c"].map(|name| spawn(getter(out.clone(), name, queue.clone())));
        yield_now().await;
        for item in [1, 2, 3] {
            queue.try_put(item).unwrap();
        }
        out.say("main has put");
        wait(tasks.into(), WaitMode::All).await;
    });
}

#[test]
fn putters_in_order() {
    check("queues/putters_in_order", |out| async move {
        let queue = bounded(1);
        let tasks = ["a", "b", "c"].map(|name| spawn(putter(out.clone(), name, queue.clone())));
        yield_now().await;
        for _ in 0..3 {
            out.say(format!("got {}", queue.try_get().unwrap()));
            sleep(ms(10)).await;
        }
        wait(tasks.into(), WaitMode::All).await;
    });
}

#[test]
fn item_is_not_reserved() {
    check("queues/item_is_not_reserved", |out| async move {
        let queue = shared();
        let tasks = ["a", "b"].map(|name| spawn(getter(out.clone(), name, queue.clone())));
        yield_now().await;
        queue.try_put(1).unwrap();
        out.say(format!("main took {}", queue.try_get().unwrap()));
        yield_now().await;
        queue.try_put(2).unwrap();
        queue.try_put(3).unwrap();
        wait(tasks.into(), WaitMode::All).await;
    });
}

#[test]
fn room_is_not_reserved() {
    check("queues/room_is_not_reserved", |out| async move {
        let queue = bounded(1);
        queue.try_put("first").unwrap();
        let tasks = ["a", "b"].map(|name| spawn(putter(out.clone(), name, queue.clone())));
        yield_now().await;
        out.say(format!("got {}", queue.try_get().unwrap()));
        queue.try_put("barger").unwrap();
        yield_now().await;
        for _ in 0..3 {
            out.say(format!("got {}", queue.try_get().unwrap()));
            sleep(ms(10)).await;
        }
        wait(tasks.into(), WaitMode::All).await;
    });
}

#[test]
fn getter_cancelled_in_line() {
    check("queues/getter_cancelled_in_line", |out| async move {
        let queue = shared();
        let tasks = ["a", "b", "c"].map(|name| spawn(getter(out.clone(), name, queue.clone())));
        yield_now().await;
        tasks[0].cancel();
        queue.try_put(1).unwrap();
        queue.try_put(2).unwrap();
        wait(tasks.into(), WaitMode::All).await;
    });
}

#[test]
fn woken_getter_cancelled() {
    check("queues/woken_getter_cancelled", |out| async move {
        let queue = shared();
        let tasks = ["a", "b"].map(|name| spawn(getter(out.clone(), name, queue.clone())));
        yield_now().await;
        queue.try_put(1).unwrap();
        tasks[0].cancel();
        wait(tasks.into(), WaitMode::All).await;
        out.say(format!("size {}", queue.len()));
    });
}

#[test]
fn woken_putter_cancelled() {
    check("queues/woken_putter_cancelled", |out| async move {
        let queue = bounded(1);
        queue.try_put("first").unwrap();
        let tasks = ["a", "b"].map(|name| spawn(putter(out.clone(), name, queue.clone())));
        yield_now().await;
        out.say(format!("got {}", queue.try_get().unwrap()));
        tasks[0].cancel();
        wait(tasks.into(), WaitMode::All).await;
        out.say(format!("got {}", queue.try_get().unwrap()));
        out.say(format!("size {}", queue.len()));
    });
}

#[test]
fn cancelled_consumer_of_many() {
    async fn consumer(out: Out, name: &str, queue: Rc<Queue<u32>>) {
        loop {
            let item = queue.get().await.unwrap();
            out.say(format!("{name} got {item}"));
            yield_now().await;
        }
    }
    check("queues/cancelled_consumer_of_many", |out| async move {
        let queue = shared();
        let tasks = ["a", "b", "c"].map(|name| spawn(consumer(out.clone(), name, queue.clone())));
        yield_now().await;
        for item in 1..4 {
            queue.try_put(item).unwrap();
        }
        yield_now().await;
        tasks[1].cancel();
        for item in 4..8 {
            queue.try_put(item).unwrap();
        }
        sleep(ms(10)).await;
        for task in &tasks {
            task.cancel();
        }
        wait(tasks.into(), WaitMode::All).await;
        out.say(format!("size {}", queue.len()));
    });
}

#[test]
fn time_limit_loses_no_item() {
    check("queues/time_limit_loses_no_item", |out| async move {
        let queue = shared();
        let late = Rc::clone(&queue);
        Handle::current().call_later(ms(15), move || late.try_put("item").unwrap());
        for limit in [10, 20] {
            match timeout(ms(limit), queue.get()).await {
                Ok(item) => out.say(format!("got {}", item.unwrap())),
                Err(_) => out.say("TimeoutError"),
            }
        }
    });
}

#[test]
fn join() {
    async fn worker(out: Out, queue: Rc<Queue<&str>>) {
        for _ in 0..2 {
            let item = queue.get().await.unwrap();
            sleep(ms(10)).await;
            out.say(format!("done {item}"));
            queue.task_done();
        }
    }
    check("queues/join", |out| async move {
        let queue = shared();
        for item in ["a", "b"] {
            queue.try_put(item).unwrap();
        }
        let task = spawn(worker(out.clone(), Rc::clone(&queue)));
        queue.join().await;
        out.say(format!("joined, size {}", queue.len()));
        task.await.unwrap();
    });
}

#[test]
fn join_of_nothing() {
    check("queues/join_of_nothing", |out| async move {
        let queue = shared();
        out.say_soon("callback");
        queue.join().await;
        out.say("joined");
        yield_now().await;
        queue.try_put(1).unwrap();
        queue.try_get().unwrap();
        let done = Rc::clone(&queue);
        Handle::current().call_later(ms(10), move || done.task_done());
        queue.join().await;
        out.say(format!("joined at {}", out.now()));
    });
}

#[test]
fn join_wakes_all() {
    async fn joiner(out: Out, name: &str, queue: Rc<Queue<u32>>) {
        queue.join().await;
        out.say(format!("{name} joined, size {}", queue.len()));
    }
    check("queues/join_wakes_all", |out| async move {
        let queue = shared();
        queue.try_put(1).unwrap();
        let tasks = ["a", "b"].map(|name| spawn(joiner(out.clone(), name, queue.clone())));
        yield_now().await;
        queue.try_get().unwrap();
        queue.task_done();
        queue.try_put(2).unwrap();
        wait(tasks.into(), WaitMode::All).await;
    });
}

#[test]
fn join_and_limit() {
    async fn worker(out: Out, queue: Rc<Queue<&str>>) {
        loop {
            let item = queue.get().await.unwrap();
            sleep(ms(10)).await;
            out.say(format!("did {item} at {}", out.now()));
            queue.task_done();
        }
    }
    check("queues/join_and_limit", |out| async move {
        let queue = shared();
        for item in ["a", "b", "c"] {
            queue.try_put(item).unwrap();
        }
        let task = spawn(worker(out.clone(), Rc::clone(&queue)));
        if timeout(ms(15), queue.join()).await.is_err() {
            out.say(format!("TimeoutError at {}", out.now()));
        }
        queue.join().await;
        out.say(format!("joined at {}", out.now()));
        task.cancel();
    });
}

#[test]
fn too_many_task_done() {
    check("queues/too_many_task_done", |out| async move {
        let queue = Queue::unbounded();
        queue.try_put(1).unwrap();
        queue.task_done();
        out.say("told before it was taken");
        if catch_unwind(AssertUnwindSafe(|| queue.task_done())).is_err() {
            out.say("ValueError");
        }
        out.say(format!("item {}", queue.try_get().unwrap()));
    });
}

#[test]
fn shutdown_drains() {
    check("queues/shutdown_drains", |out| async move {
        let queue = Queue::unbounded();
        queue.try_put(1).unwrap();
        queue.try_put(2).unwrap();
        queue.shutdown(false);
        if queue.put(3).await.is_err() {
            out.say("put: QueueShutDown");
        }
        out.say(format!("got {}", queue.get().await.unwrap()));
        out.say(format!("got {}", queue.try_get().unwrap()));
        if queue.get().await.is_err() {
            out.say("get: QueueShutDown");
        }
        if queue.try_get() == Err(TryGetError::ShutDown) {
            out.say("get without waiting: QueueShutDown");
        }
    });
}

#[test]
fn shutdown_at_once() {
    check("queues/shutdown_at_once", |out| async move {
        let queue = shared();
        queue.try_put(1).unwrap();
        queue.try_put(2).unwrap();
        let task = spawn(joiner(out.clone(), Rc::clone(&queue)));
        yield_now().await;
        queue.shutdown(true);
        out.say(format!("size {}", queue.len()));
        if queue.get().await.is_err() {
            out.say("get: QueueShutDown");
        }
        task.await.unwrap();
    });
}

#[test]
fn shutdown_at_once_with_work_in_hand() {
    let name = "queues/shutdown_at_once_with_work_in_hand";
    check(name, |out| async move {
        let queue = shared();
        queue.try_put(1).unwrap();
        queue.try_put(2).unwrap();
        out.say(format!("took {}", queue.try_get().unwrap()));
        let task = spawn(joiner(out.clone(), Rc::clone(&queue)));
        yield_now().await;
        queue.shutdown(true);
        sleep(ms(10)).await;
        out.say(match task.is_finished() {
            true => "joined",
            false => "not joined",
        });
        queue.task_done();
        task.await.unwrap();
    });
}

#[test]
fn shutdown_then_at_once() {
    check("queues/shutdown_then_at_once", |out| async move {
        let queue = Queue::unbounded();
        for n in [1, 2, 3] {
            queue.try_put(n).unwrap();
        }
        queue.shutdown(false);
        out.say(format!("got {}", queue.get().await.unwrap()));
        queue.shutdown(true);
        if queue.get().await.is_err() {
            out.say("get: QueueShutDown");
        }
        out.say(format!("size {}", queue.len()));
    });
}

#[test]
fn shutdown_with_getters() {
    check("queues/shutdown_with_getters", |out| async move {
        let queue = shared();
        let tasks = ["a", "b", "c"].map(|name| spawn(getter(out.clone(), name, queue.clone())));
        yield_now().await;
        queue.try_put(1).unwrap();
        queue.shutdown(false);
        out.say("main has shut down");
        wait(tasks.into(), WaitMode::All).await;
    });
}

#[test]
fn shutdown_with_putters() {
    async fn attempt(out: &Out, label: &str, immediate: bool) {
        out.say(format!("-- {label}"));
        let queue = bounded(1);
        queue.try_put("first").unwrap();
        let tasks = ["a", "b"].map(|name| spawn(putter(out.clone(), name, queue.clone())));
        yield_now().await;
        queue.shutdown(immediate);
        wait(tasks.into(), WaitMode::All).await;
        out.say(format!("size {}", queue.len()));
    }
    check("queues/shutdown_with_putters", |out| async move {
        attempt(&out, "drain", false).await;
        attempt(&out, "at once", true).await;
    });
}
