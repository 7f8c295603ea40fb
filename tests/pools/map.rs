//! `map`: order, chunks, how far it runs ahead, and whose error an error is.

use crate::interface::with_both;
use crate::watch::alone;
use roundelay::pool::{Pool, PoolError, ThreadPool};
use roundelay::{ProcessPool, yield_now};
use std::cell::Cell;
use std::process;
use std::rc::Rc;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

fn square(n: u64) -> u64 {
    n * n
}

#[test]
fn results_come_in_the_order_of_the_items_whatever_the_chunks() {
    async fn body(pool: impl Pool) {
        let expected: Vec<u64> = (0..1000).map(square).collect();
        let all = pool.map(square, 0..1000).collect().await.unwrap();
        assert_eq!(all, expected);
        for size in [1, 7, 1000, 5000] {
            let map = pool.map(square, 0..1000).chunk_size(size).read_ahead(20);
            assert_eq!(map.collect().await.unwrap(), expected, "{size}");
        }
        let mut unordered = pool
            .map_unordered(square, 0..1000)
            .chunk_size(3)
            .collect()
            .await
            .unwrap();
        unordered.sort();
        assert_eq!(unordered, expected);
        let nothing = pool.map(square, 0..0).collect().await.unwrap();
        assert!(nothing.is_empty());
    }
    with_both!(body);
}

#[test]
fn chunks_are_a_quarter_of_a_workers_share_if_the_number_of_items_is_known() {
    async fn body(pool: impl Pool) {
        for (items, jobs) in [(80, 8), (7, 7), (1, 1), (800, 8)] {
            let before = pool.stats().done;
            pool.map(square, 0..items).collect().await.unwrap();
            assert_eq!(pool.stats().done - before, jobs, "{items} items");
        }
        let before = pool.stats().done;
        let odd = (0..20).filter(|n| n % 2 == 1);
        pool.map(square, odd).collect().await.unwrap();
        assert_eq!(pool.stats().done - before, 10, "their number is not known");
    }
    with_both!(body);
}

#[test]
fn an_endless_iterator_is_read_ahead_so_far_and_no_farther() {
    async fn body(pool: impl Pool) {
        let read = Rc::new(Cell::new(0));
        let counter = Rc::clone(&read);
        let items = (0..).inspect(move |_| counter.set(counter.get() + 1));
        let mut map = pool.map(square, items).chunk_size(2).read_ahead(7);
        assert_eq!(read.get(), 0, "nothing is done before it is polled");
        for n in 0..50u64 {
            assert_eq!(map.next().await.unwrap().unwrap(), square(n));
            // Those given out, and at most seven beyond them.
            assert!(read.get() <= n + 1 + 7, "{} after {n}", read.get());
        }
        drop(map);
        for _ in 0..10 {
            yield_now().await;
        }
        assert_eq!(pool.stats().queued, 0, "what was left is given up");
        pool.shutdown().await;
    }
    with_both!(body);
}

#[test]
fn a_panic_fails_its_own_item() {
    fn careful(n: u64) -> u64 {
        assert!(n != 5, "not five");
        n
    }
    async fn body(pool: impl Pool) {
        let line = line!() + 1;
        let mut map = pool.map(careful, 0..10).chunk_size(4);
        for n in 0..10 {
            match map.next().await.unwrap() {
                Ok(value) => assert_eq!(value, n),
                Err(error) => {
                    assert_eq!((error.index(), error.chunk()), (5, 4..8));
                    assert_eq!(error.error().panic_message(), Some("not five"));
                    assert_eq!(error.submitted().line(), line);
                    assert!(error.to_string().contains("item 5"), "{error}");
                    continue;
                }
            }
            assert_ne!(n, 5);
        }
        assert!(map.next().await.is_none());
    }
    with_both!(body);
}

#[test]
fn a_worker_that_dies_fails_the_items_of_its_chunk_and_no_others() {
    fn deadly(n: u64) -> u64 {
        if n == 5 {
            process::abort();
        }
        n
    }
    alone(async {
        let pool = ProcessPool::new(2).unwrap();
        let mut map = pool.map(deadly, 0..12).chunk_size(4);
        for n in 0..12 {
            let outcome = map.next().await.unwrap();
            if (4..8).contains(&n) {
                let error = outcome.unwrap_err();
                assert_eq!((error.index(), error.chunk()), (n as usize, 4..8));
                assert!(
                    matches!(error.error(), PoolError::WorkerDied { .. }),
                    "{error}"
                );
            } else {
                assert_eq!(outcome.unwrap(), n);
            }
        }
        assert!(map.next().await.is_none());
    });
}

#[test]
fn a_map_that_is_dropped_is_not_done() {
    alone(async {
        let pool = ThreadPool::new(1);
        let (go, wait) = channel::<()>();
        let wait = Mutex::new(wait);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sees = Arc::clone(&seen);
        let see = move |n: u32| {
            sees.lock().unwrap().push(n);
            let _ = wait.lock().unwrap().recv();
        };
        let mut map = pool.map(see, 0..100).chunk_size(1);
        go.send(()).unwrap();
        map.next().await.unwrap().unwrap();
        drop(map);
        // Whoever waits for it need not any more.
        drop(go);
        pool.shutdown().await;
        let seen = seen.lock().unwrap();
        assert!(seen.len() <= 2, "the one that ran, at most: {seen:?}");
    });
}

#[test]
fn without_order_a_slow_chunk_holds_up_no_other() {
    fn slow_zero(n: u64) -> u64 {
        if n == 0 {
            std::thread::sleep(std::time::Duration::from_millis(400));
        }
        n
    }
    async fn body(pool: impl Pool) {
        let mut map = pool.map_unordered(slow_zero, 0..20).chunk_size(1);
        let mut order = Vec::new();
        while let Some(outcome) = map.next().await {
            order.push(outcome.unwrap());
        }
        assert_eq!(order.pop(), Some(0), "the slow one is the last: {order:?}");
        order.sort();
        assert!(order.into_iter().eq(1..20));
    }
    with_both!(body);
}

#[test]
fn a_chunk_may_be_as_large_as_one_likes_and_a_pool_too() {
    async fn body(pool: impl Pool) {
        for map in [pool.map(square, 0..10), pool.map_unordered(square, 0..10)] {
            let all = map.chunk_size(usize::MAX).collect().await.unwrap();
            assert_eq!(all, (0..10).map(square).collect::<Vec<_>>());
        }
    }
    with_both!(body);
    alone(async {
        let pool = ThreadPool::builder().max_threads(usize::MAX).build();
        let all = pool.map(square, 0..3).collect().await.unwrap();
        assert_eq!(all, [0, 1, 4]);
    });
}
