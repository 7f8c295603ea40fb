//! A worker that is killed, or a job that is given up, at the moment of the reply.

use crate::acts::kill_at_once;
use crate::draws::{Draws, rounds};
use crate::watch::alone_for;
use roundelay::{PoolError, ProcessPool, timeout, yield_now};
use std::os::unix::process::ExitStatusExt;
use std::process;
use std::time::{Duration, Instant};

/// Each worker is killed once or twice, a round and the moments between.
const ROUNDS: u64 = 10_000;

/// The worker's process, from a call that no kill meets.
async fn worker(pool: &ProcessPool) -> u32 {
    loop {
        match pool.submit(|(): ()| process::id(), ()).await {
            Ok(pid) => return pid,
            // The kill of the round before has met this one: it came after the reply.
            Err(error) => assert!(is_killed(&error), "{error}"),
        }
    }
}

/// The estimate of how long a call takes, in microseconds, after one more: so that as many are done before as after it,
/// however busy the machine is.
fn adapted(usual: u64, was_done: bool) -> u64 {
    let step = usual / 32 + 1;
    if was_done {
        usual.saturating_sub(step).max(20)
    } else {
        (usual + step).min(100_000)
    }
}

/// Takes a moment: a call whose worker dies before it was begun is given to another.
fn work(n: u64) -> (u64, u32) {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_micros(50) {
        std::hint::spin_loop();
    }
    (n * 2, process::id())
}

fn is_killed(error: &PoolError) -> bool {
    match error {
        PoolError::WorkerDied {
            status: Some(status),
            ..
        } => status.signal() == Some(libc::SIGKILL),
        _ => false,
    }
}

#[test]
fn a_worker_killed_at_the_moment_of_its_reply_has_replied_or_not() {
    let mut draws = Draws::new("kills at the moment of the reply");
    alone_for(Duration::from_secs(500), async {
        let pool = ProcessPool::new(1).unwrap();
        let (mut replied, mut again, mut died) = (0, 0, 0);
        // How long a call takes, about: the kill comes somewhere in twice that time.
        let mut usual = 100;
        for round in 0..rounds(ROUNDS) {
            let pid = worker(&pool).await;
            let moment = draws.micros(0..2 * usual);
            let begin = Instant::now();
            let mut job = pool.submit(work, round);
            // The loop runs meanwhile, without a pause: a timer would be too coarse.
            let mut early = None;
            while early.is_none() && begin.elapsed() < moment {
                early = timeout(Duration::ZERO, &mut job).await.ok();
                yield_now().await;
            }
            kill_at_once(pid);
            let end = match early {
                Some(end) => end,
                None => job.await,
            };
            let was_late = match end {
                Ok((result, by)) => {
                    assert_eq!(result, round * 2);
                    let was_begun = by == pid;
                    *if was_begun { &mut replied } else { &mut again } += 1;
                    was_begun
                }
                Err(error) => {
                    assert!(is_killed(&error), "{error}");
                    died += 1;
                    false
                }
            };
            usual = adapted(usual, was_late);
        }
        eprintln!("{replied} replied, {died} died, {again} were done by another, {usual} us");
        assert!(replied > 0 && died > 0, "{replied} {died}");
    });
}

#[test]
fn a_job_given_up_at_the_moment_of_its_reply_harms_no_other() {
    let mut draws = Draws::new("cancels at the moment of the reply");
    alone_for(Duration::from_secs(300), async {
        let pool = ProcessPool::new(2).unwrap();
        let (mut replied, mut given_up, mut usual) = (0, 0, 100);
        for round in 0..rounds(ROUNDS) {
            let other = pool.submit(|n: u64| n + 1, round);
            let job = pool.submit(|n: u64| n * 2, round);
            let end = timeout(draws.micros(0..2 * usual), job).await;
            usual = adapted(usual, end.is_ok());
            match end {
                Ok(result) => {
                    assert_eq!(result.unwrap(), round * 2);
                    replied += 1;
                }
                Err(_) => given_up += 1,
            }
            assert_eq!(other.await.unwrap(), round + 1);
        }
        eprintln!("{replied} replied, {given_up} given up, {usual} us");
        assert!(replied > 0 && given_up > 0, "{replied} {given_up}");
    });
}
