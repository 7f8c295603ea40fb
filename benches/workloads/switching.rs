//! Workloads that give the thread from one task to another.

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::peer::Peer;
use super::tasks::triangle;

/// Tasks that yield in turn in [`yield_in_a_crowd`].
const CROWD: u64 = 100;
/// Numbers the bounded queue has room for.
const CAPACITY: usize = 128;

/// A lone task yields `n` times.
pub async fn yield_now<P: Peer>(n: u64) {
    let mut yields = 0;
    for _ in 0..n {
        P::yield_now().await;
        yields += 1;
    }
    assert_eq!(yields, n);
}

/// A hundred tasks yield in turn, `n` times in all.
pub async fn yield_in_a_crowd<P: Peer>(n: u64) {
    let yields = Rc::new(Cell::new(0));
    let crowd = (0..CROWD).map(|member| {
        let yields = yields.clone();
        P::spawn(async move {
            for _ in (member..n).step_by(CROWD as usize) {
                P::yield_now().await;
                yields.set(yields.get() + 1);
            }
        })
    });
    for task in crowd.collect::<Vec<_>>() {
        task.await.expect("no task fails");
    }
    assert_eq!(yields.get(), n);
}

/// A lone task wakes itself and is polled again, `n` times: waker and ready queue, nothing else.
pub async fn self_wake<P: Peer>(n: u64) {
    let mut polls = 0;
    poll_fn(|cx| {
        if polls == n {
            return Poll::Ready(());
        }
        polls += 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
    assert_eq!(polls, n);
}

/// Two tasks hand a baton to each other, `n` times in all.
pub async fn ping_pong<P: Peer>(n: u64) {
    let baton = Rc::new(Baton::default());
    let pong = P::spawn(play(baton.clone(), true, n / 2));
    let pings = play(baton, false, n - n / 2).await;
    assert_eq!(pings + pong.await.expect("no task fails"), n);
}

/// Receives the baton and passes it on, `turns` times.
async fn play(baton: Rc<Baton>, side: bool, turns: u64) -> u64 {
    let mut taken = 0;
    for _ in 0..turns {
        poll_fn(|cx| baton.poll_receive(side, cx)).await;
        taken += 1;
        baton.pass();
    }
    taken
}

/// What two tasks take turns by. The same code for every runtime, so that what differs is the wake
/// and the switch.
#[derive(Default)]
struct Baton {
    /// The side whose turn it is.
    holder: Cell<bool>,
    /// The task that waits for its turn; empty while nobody does.
    waiter: Cell<Option<Waker>>,
}

impl Baton {
    /// Waits until it is this side's turn.
    fn poll_receive(&self, side: bool, cx: &mut Context<'_>) -> Poll<()> {
        if self.holder.get() == side {
            return Poll::Ready(());
        }
        self.waiter.set(Some(cx.waker().clone()));
        Poll::Pending
    }

    /// Makes it the other side's turn.
    fn pass(&self) {
        self.holder.set(!self.holder.get());
        if let Some(waiter) = self.waiter.take() {
            waiter.wake();
        }
    }
}

/// Two tasks send a number to and fro through two queues of one place, `n` sends in all.
pub async fn ping_pong_queues<P: Peer>(n: u64) {
    let (to_pong, mut from_ping) = P::queue(1);
    let (to_ping, mut from_pong) = P::queue(1);
    let rounds = n.div_ceil(2);
    let pong = P::spawn(async move {
        for _ in 0..rounds {
            let value = P::get(&mut from_ping).await;
            P::put(&to_ping, value + 1).await;
        }
    });
    let mut value = 0;
    for _ in 0..rounds {
        P::put(&to_pong, value).await;
        value = P::get(&mut from_pong).await;
    }
    pong.await.expect("no task fails");
    assert_eq!(value, rounds);
}

/// One task puts `n` numbers into a bounded queue, another takes them out.
pub async fn bounded_queue<P: Peer>(n: u64) {
    let (sender, mut receiver) = P::queue(CAPACITY);
    let producer = P::spawn(async move {
        for i in 0..n {
            P::put(&sender, i).await;
        }
    });
    let mut sum = 0;
    for _ in 0..n {
        sum += P::get(&mut receiver).await;
    }
    producer.await.expect("no task fails");
    assert_eq!(sum, triangle(n));
}
