//! Queues: nothing is reserved, whoever was beaten queues anew; three orders; the shutdown.

use crate::trace::{Trace, all, expect, panic_of, turns};
use roundelay::error::{QueueShutDown, TryGetError, TryPutError};
use roundelay::sync::{LifoQueue, PriorityQueue, Queue};
use roundelay::{JoinHandle, run, spawn, yield_now};
use std::cmp::Ordering;
use std::rc::Rc;

fn getter(out: &Trace, queue: &Rc<Queue<u32>>, name: &'static str) -> JoinHandle<()> {
    let (out, queue) = (out.clone(), Rc::clone(queue));
    spawn(async move {
        match queue.get().await {
            Ok(item) => out.say(format!("{name} got {item}")),
            Err(QueueShutDown(())) => out.say(format!("{name}: shut down")),
        }
    })
}

fn putter(out: &Trace, queue: &Rc<Queue<&'static str>>, item: &'static str) -> JoinHandle<()> {
    let (out, queue) = (out.clone(), Rc::clone(queue));
    spawn(async move {
        match queue.put(item).await {
            Ok(()) => out.say(format!("{item} is in")),
            Err(QueueShutDown(item)) => out.say(format!("{item}: shut down")),
        }
    })
}

#[test]
fn a_woken_getter_that_was_beaten_queues_again_at_the_end() {
    async fn program(out: Trace) {
        let queue = Rc::new(Queue::unbounded());
        let tasks = ["a", "b"].map(|name| getter(&out, &queue, name));
        yield_now().await;
        queue.try_put(1).unwrap();
        out.say(format!("main took {}", queue.try_get().unwrap()));
        yield_now().await;
        for item in [2, 3] {
            queue.try_put(item).unwrap();
        }
        all(tasks).await;
    }
    expect(
        program,
        "
main took 1
b got 2
a got 3",
    );
}

#[test]
fn a_woken_putter_that_was_beaten_queues_again_at_the_end() {
    async fn program(out: Trace) {
        let queue = Rc::new(Queue::bounded(1));
        queue.try_put("first").unwrap();
        let tasks = ["a", "b", "c"].map(|item| putter(&out, &queue, item));
        yield_now().await;
        out.say(format!("took {}", queue.try_get().unwrap()));
        queue.try_put("main's").unwrap();
        yield_now().await;
        for _ in 0..4 {
            out.say(format!("took {}", queue.get().await.unwrap()));
        }
        all(tasks).await;
    }
    expect(
        program,
        "
took first
took main's
b is in
took b
c is in
took c
a is in
took a",
    );
}

#[test]
fn a_woken_getter_that_is_cancelled_wakes_the_next() {
    async fn program(out: Trace) {
        let queue = Rc::new(Queue::unbounded());
        let tasks = ["a", "b", "c"].map(|name| getter(&out, &queue, name));
        yield_now().await;
        queue.try_put(1).unwrap();
        queue.try_put(2).unwrap();
        tasks[0].cancel();
        turns().await;
        out.say(format!("{} left", queue.len()));
        all(tasks).await;
    }
    expect(
        program,
        "
b got 1
c got 2
0 left",
    );
}

/// An item of which only a part counts when two are compared.
#[derive(Clone, Copy)]
struct Item {
    priority: u32,
    number: u32,
}

impl Ord for Item {
    fn cmp(&self, other: &Self) -> Ordering {
        self.priority.cmp(&other.priority)
    }
}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Item {}

#[test]
fn the_smallest_item_is_looked_for_when_a_getter_runs() {
    async fn program(out: Trace) {
        let queue = Rc::new(PriorityQueue::unbounded());
        let tasks = ["a", "b", "c"].map(|name| {
            let (out, queue) = (out.clone(), Rc::clone(&queue));
            spawn(async move { out.say(format!("{name} got {}", queue.get().await.unwrap())) })
        });
        yield_now().await;
        for item in [3, 2, 1] {
            queue.put(item).await.unwrap();
        }
        all(tasks).await;
        let queue = LifoQueue::unbounded();
        for item in [3, 2, 1] {
            queue.put(item).await.unwrap();
        }
        out.say(format!("{:?}", [(); 3].map(|()| queue.try_get().unwrap())));
        // Equal ones come in no particular order; as it is, in that of CPython's heap.
        let queue = PriorityQueue::unbounded();
        for number in 0..10 {
            let priority = number % 2;
            queue.put(Item { priority, number }).await.unwrap();
        }
        let numbers = [(); 10].map(|()| queue.try_get().unwrap().number);
        out.say(format!("{numbers:?}"));
    }
    expect(
        program,
        "
a got 1
b got 2
c got 3
[1, 2, 3]
[0, 2, 6, 4, 8, 9, 5, 3, 1, 7]",
    );
}

#[test]
fn a_shutdown_ends_puts_at_once_and_gets_when_nothing_is_left() {
    async fn program(out: Trace) {
        let queue = Rc::new(Queue::bounded(1));
        queue.try_put("first").unwrap();
        let tasks = ["a", "b"].map(|item| putter(&out, &queue, item));
        yield_now().await;
        queue.shutdown(false);
        let (left, full) = (queue.len(), queue.is_full());
        out.say(format!("shutdown, {left} left, full: {full}"));
        if queue.try_put("late") == Err(TryPutError::ShutDown("late")) {
            out.say("main: shut down");
        }
        let getter = spawn({
            let (out, queue) = (out.clone(), Rc::clone(&queue));
            async move {
                while let Ok(item) = queue.get().await {
                    out.say(format!("getter got {item}"));
                    queue.task_done();
                }
                out.say("getter: shut down");
            }
        });
        queue.join().await;
        out.say("joined");
        all(tasks).await;
        getter.await.unwrap();
    }
    expect(
        program,
        "
shutdown, 1 left, full: true
main: shut down
a: shut down
b: shut down
getter got first
getter: shut down
joined",
    );
}

#[test]
fn an_immediate_shutdown_drops_what_is_left_and_counts_it_as_done() {
    async fn program(out: Trace) {
        let queue = Rc::new(Queue::unbounded());
        let tasks = ["a", "b"].map(|name| getter(&out, &queue, name));
        yield_now().await;
        for item in [1, 2, 3] {
            queue.try_put(item).unwrap();
        }
        let joiner = spawn({
            let (out, queue) = (out.clone(), Rc::clone(&queue));
            async move {
                queue.join().await;
                out.say("joined");
            }
        });
        out.say(format!("main took {}", queue.try_get().unwrap()));
        yield_now().await;
        let last = getter(&out, &queue, "c");
        yield_now().await;
        queue.try_put(4).unwrap();
        queue.shutdown(true);
        out.say(format!("{} left", queue.len()));
        turns().await;
        for _ in 0..3 {
            queue.task_done();
        }
        out.say("all done");
        all(tasks.into_iter().chain([joiner, last])).await;
    }
    expect(
        program,
        "
main took 1
a got 2
b got 3
0 left
c: shut down
all done
joined",
    );
}

#[test]
fn whoever_asks_at_the_wrong_time_is_told_why() {
    run(async {
        let queue = Queue::bounded(1);
        assert_eq!(queue.try_get(), Err(TryGetError::Empty));
        queue.put('a').await.unwrap();
        assert_eq!(queue.try_put('b'), Err(TryPutError::Full('b')));
        let error = queue.try_put('c').unwrap_err();
        assert!(error.to_string().contains("the queue is full"), "{error}");
        assert_eq!(error.into_inner(), 'c');
        assert_eq!(format!("{queue:?}"), "Queue(1 items, 1 unfinished)");
        queue.shutdown(true);
        assert!(queue.is_shut_down() && queue.is_empty());
        assert_eq!(queue.try_get(), Err(TryGetError::ShutDown));
        assert_eq!(queue.try_put('d'), Err(TryPutError::ShutDown('d')));
        assert_eq!(queue.put('e').await, Err(QueueShutDown('e')));
        assert_eq!(queue.get().await, Err(QueueShutDown(())));
        // What was dropped counts as done.
        queue.join().await;
        let said = panic_of(|| queue.task_done());
        assert!(said.contains("more often than items were put"), "{said}");
        let said = panic_of(|| LifoQueue::<()>::bounded(0));
        assert!(said.contains("could never hold one"), "{said}");
    });
}

#[test]
fn an_item_that_is_dropped_by_a_shutdown_may_use_the_queue() {
    struct Curious(Rc<Queue<Curious>>);
    impl Drop for Curious {
        fn drop(&mut self) {
            assert!(self.0.is_shut_down() && self.0.is_empty());
            assert!(self.0.try_get().is_err());
            self.0.shutdown(true);
        }
    }
    run(async {
        let queue = Rc::new(Queue::unbounded());
        for _ in 0..3 {
            assert!(queue.try_put(Curious(Rc::clone(&queue))).is_ok());
        }
        queue.shutdown(true);
        queue.join().await;
        assert_eq!(Rc::strong_count(&queue), 1);
    });
}
