//! A queue between who has work and who does it: `cargo run --example three_workers_on_a_queue`.
//!
//! Ten items of one to four seconds, three workers that take them as they can. `join` waits until every item
//! is done; the workers, who never end by themselves, are cancelled then.

mod pace;

use std::rc::Rc;
use std::time::Instant;

use roundelay::sync::Queue;
use roundelay::{gather_handles, run, sleep, spawn};

async fn work(name: String, queue: Rc<Queue<u32>>) {
    while let Ok(seconds) = queue.get().await {
        sleep(pace::seconds(seconds.into())).await;
        queue.task_done();
        println!("{name} has slept for {seconds} s");
    }
}

async fn produce_and_consume() {
    let queue = Rc::new(Queue::unbounded());
    let items = (0..10).map(|item| item * 7 % 4 + 1);
    let total: u32 = items.clone().sum();
    for seconds in items {
        queue.try_put(seconds).expect("the queue has no bound");
    }

    let start = Instant::now();
    let worker = |number| spawn(work(format!("worker-{number}"), Rc::clone(&queue)));
    let workers: Vec<_> = (0..3).map(worker).collect();
    queue.join().await;
    let time = start.elapsed().div_f64(pace::seconds(1.0).as_secs_f64());

    workers.iter().for_each(|worker| {
        worker.cancel();
    });
    let ends = gather_handles(workers).settled().await;
    let cancelled = ends.iter().filter(|end| end.is_err()).count();
    println!(
        "3 workers slept in parallel for {:.1} s",
        time.as_secs_f64()
    );
    println!("total expected sleep time: {total} s; workers cancelled: {cancelled}");
}

fn main() {
    pace::seconds(0.0); // Refuses wrong arguments before the first line.
    run(produce_and_consume());
}
