//! Requests to cancel: delivery, clean-up, chains, counts.

use super::harness::{Out, check, ms, py};
use roundelay::{catch_cancel, gather, sleep, spawn, task, yield_now};
use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;

#[test]
fn clean_up_awaits() {
    async fn worker(out: Out) {
        out.say("worker waits");
        if let Err(cancelled) = catch_cancel(sleep(ms(10_000))).await {
            out.say("worker cleans up");
            sleep(ms(10)).await;
            out.say("worker is clean");
            cancelled.resume().await;
        }
        out.say("never printed");
    }
    check("cancel/clean_up_awaits", |out| async move {
        let task = spawn(worker(out.clone()));
        yield_now().await;
        let cancel = task.cancel();
        let done = task.is_finished();
        out.say(format!("cancel: {} done: {}", py(cancel), py(done)));
        let error = task.await.unwrap_err();
        let (now, cancelled) = (out.now(), error.is_cancelled());
        out.say(format!("joined at {now} cancelled: {}", py(cancelled)));
    });
}

#[test]
fn chain_of_joins() {
    fn link(out: Out, n: u32, start: Rc<Cell<u64>>) -> Pin<Box<dyn Future<Output = ()>>> {
        Box::pin(async move {
            let body = async {
                if n < 4 {
                    let _ = spawn(link(out.clone(), n + 1, start.clone())).await;
                } else {
                    sleep(ms(10_000)).await;
                }
            };
            if let Err(cancelled) = catch_cancel(body).await {
                let turns = out.turns() - start.get();
                let requests = task::cancel_requests();
                out.say(format!(
                    "link {n} after {turns} turns, requests: {requests}"
                ));
                cancelled.resume().await;
            }
        })
    }
    check("cancel/chain_of_joins", |out| async move {
        let start = Rc::new(Cell::new(0));
        let task = spawn(link(out.clone(), 1, Rc::clone(&start)));
        sleep(ms(10)).await;
        start.set(out.turns());
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
        out.say(format!("joined after {} turns", out.turns() - start.get()));
    });
}

#[test]
fn through_gather() {
    async fn child(out: Out, name: &str, delay: u64) {
        if let Err(cancelled) = catch_cancel(sleep(ms(10_000))).await {
            out.say(format!("{name} is cancelled"));
            sleep(ms(delay)).await;
            out.say(format!("{name} is clean at {}", out.now()));
            cancelled.resume().await;
        }
    }
    async fn parent(out: Out) {
        let children = [("one", 20), ("two", 10), ("three", 30)];
        let all = gather(children.map(|(name, delay)| child(out.clone(), name, delay)));
        if let Err(cancelled) = catch_cancel(all).await {
            out.say(format!("parent goes on at {}", out.now()));
            cancelled.resume().await;
        }
    }
    check("cancel/through_gather", |out| async move {
        let task = spawn(parent(out.clone()));
        sleep(ms(1)).await;
        task.cancel();
        let error = task.await.unwrap_err();
        out.say(format!("joined, cancelled: {}", py(error.is_cancelled())));
        sleep(ms(50)).await;
        out.say("end");
    });
}
