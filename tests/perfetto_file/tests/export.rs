//! The files for Perfetto and Chrome: that they can be read by others, and say what the log says.

use perfetto_file::Contents;
use roundelay::pool::ThreadPool;
use roundelay::sync::Queue;
use roundelay::trace::{Log, Recorder, Timeline, What};
use roundelay::{Runtime, gather, sleep, spawn, spawn_eager, timeout, yield_now};
use std::rc::Rc;
use std::time::Duration;

fn recorded(virtual_clock: bool, main: impl Future<Output = ()>) -> Log {
    let (recorder, recording) = Recorder::in_memory();
    let runtime = Runtime::builder()
        .virtual_clock(virtual_clock)
        .observer(recorder)
        .build()
        .unwrap();
    runtime.run(main);
    runtime.shutdown().unwrap();
    recording.log()
}

fn read(timeline: &Timeline) -> Contents {
    let mut file = Vec::new();
    timeline.write_perfetto(&mut file).unwrap();
    Contents::read(&file)
}

fn count(log: &Log, wanted: impl Fn(What) -> bool) -> usize {
    let records = log.records.iter();
    records.filter(|record| wanted(record.what)).count()
}

/// A program with something of everything that does not come from outside.
async fn busy() {
    let queue = Rc::new(Queue::bounded(2));
    let workers: Vec<_> = (0..3)
        .map(|_| {
            let queue = Rc::clone(&queue);
            spawn(async move {
                while let Ok(item) = queue.get().await {
                    let limit = Duration::from_millis(3);
                    let _ = timeout(limit, sleep(Duration::from_millis(item))).await;
                    queue.task_done();
                }
            })
        })
        .collect();
    for item in 0..6 {
        queue.put(item).await.unwrap();
    }
    queue.join().await;
    let eager = spawn_eager(async {
        yield_now().await;
        spawn_eager(async {}).await.unwrap();
    });
    gather([1, 2].map(|_| yield_now())).await.unwrap();
    eager.await.unwrap();
    for worker in workers {
        worker.cancel();
        worker.await.unwrap_err();
    }
}

#[test]
fn each_poll_is_a_slice_with_an_arrow_from_what_woke_the_task() {
    let log = recorded(true, busy());
    let contents = read(&Timeline::of(&log));
    let polls = contents.of_category("poll");
    assert_eq!(polls.len(), count(&log, |what| what == What::PollStarted));
    assert!(polls.len() > 20);
    // Only the main task was spawned by nothing that ran.
    let is_reached = |number| contents.arrows.values().any(|ends| ends.1 == Some(number));
    let alone: Vec<_> = polls
        .iter()
        .filter(|poll| !is_reached(poll.number))
        .collect();
    assert_eq!(alone.len(), 1, "{alone:?}");
    assert_eq!(alone[0].name, "poll 1");
    assert_eq!(alone[0].track, contents.track("T1"));
}

#[test]
fn the_tracks_say_what_the_tasks_wait_for_and_what_the_loop_does() {
    let log = recorded(true, busy());
    let contents = read(&Timeline::of(&log));
    let tasks = contents.track("tasks");
    let spawned = count(&log, |what| what == What::Spawned);
    let under_tasks = contents.parents.values().filter(|&&parent| parent == tasks);
    assert_eq!(under_tasks.count(), spawned);
    let turns = count(&log, |what| matches!(what, What::TurnStarted { .. }));
    assert_eq!(contents.of_category("turn").len(), turns);
    let parks = count(&log, |what| matches!(what, What::Parked { .. }));
    assert_eq!(contents.of_category("parked").len(), parks);
    let waits = contents.of_category("wait");
    assert!(
        waits.iter().all(|wait| wait.name.contains(" at ")),
        "{waits:?}"
    );
    assert!(
        waits
            .iter()
            .any(|wait| wait.name.contains("for an item of queue 1 at"))
    );
    let asked = count(&log, |what| matches!(what, What::CancelAsked { .. }));
    let is_asked = |(_, category, name): &&(u64, String, String)| {
        category == "cancel" && name.starts_with("is asked to cancel")
    };
    assert!(asked >= 3);
    assert_eq!(contents.instants.iter().filter(is_asked).count(), asked);
    let jumps = contents
        .instants
        .iter()
        .filter(|(_, category, _)| category == "jump");
    assert!(jumps.count() > 3);
}

#[test]
fn the_counters_are_those_of_the_loop_and_end_at_nothing() {
    let log = recorded(true, async {
        let sleepers: Vec<_> = (1..=5)
            .map(|n| spawn(sleep(Duration::from_secs(n))))
            .collect();
        for sleeper in sleepers {
            sleeper.await.unwrap();
        }
    });
    let contents = read(&Timeline::of(&log));
    let values = |name: &str| -> Vec<i64> {
        let track = contents.track(name);
        let own = contents.counts.iter().filter(|(own, ..)| *own == track);
        own.map(|&(.., value)| value).collect()
    };
    assert_eq!(*values("timers").iter().max().unwrap(), 5);
    // The five, and the one that waits for them.
    assert_eq!(*values("waiting").iter().max().unwrap(), 6);
    for name in ["timers", "waiting", "ready", "jobs in flight"] {
        assert_eq!(values(name).last(), Some(&0), "{name}");
    }
}

#[test]
fn a_job_lies_on_its_workers_track_between_its_submission_and_its_result() {
    let log = recorded(false, async {
        let pool = ThreadPool::new(2);
        let jobs = (0..7).map(|n| pool.submit(move || n * n));
        gather(jobs).await.unwrap();
        pool.shutdown().await;
    });
    let contents = read(&Timeline::of(&log));
    let jobs = contents.of_category("job");
    assert_eq!(jobs.len(), 7);
    let pool = contents.track("pool 1");
    for job in jobs {
        assert_eq!(contents.parents[&job.track], pool);
        let submitted = contents
            .arrows
            .values()
            .find(|ends| ends.1 == Some(job.number));
        let submitted = contents.slice(submitted.unwrap().0.unwrap());
        assert_eq!(submitted.category, "poll");
        assert!(submitted.time.0 <= job.time.0);
        let heard = contents
            .arrows
            .values()
            .find(|ends| ends.0 == Some(job.number));
        let heard = contents.slice(heard.unwrap().1.unwrap());
        assert!(
            heard.category == "poll" && heard.time.0 >= job.time.1,
            "{heard:?}"
        );
    }
}

#[test]
fn the_log_of_a_ring_can_be_shown_too() {
    let path = std::env::temp_dir().join(format!(
        "roundelay-{}.ring-export.rtlog",
        std::process::id()
    ));
    for length in [1, 7, 50, 120] {
        let runtime = Runtime::builder()
            .virtual_clock(true)
            .observer(Recorder::ring(&path, length))
            .build()
            .unwrap();
        runtime.run(busy());
        drop(runtime);
        let log = Log::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(log.records.len(), length);
        let polls = count(&log, |what| what == What::PollStarted);
        assert_eq!(read(&Timeline::of(&log)).of_category("poll").len(), polls);
    }
}

#[test]
fn the_json_says_the_same_as_the_file() {
    let log = recorded(true, async {
        let named = spawn(busy());
        named.set_name("a \"quoted\"\\ name\n");
        named.await.unwrap();
    });
    let timeline = Timeline::of(&log);
    let mut json = Vec::new();
    timeline.write_chrome(&mut json).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let events = json.as_array().unwrap();
    let of = |letter: &str| events.iter().filter(|event| event["ph"] == letter).count();
    let contents = read(&timeline);
    assert_eq!(
        (of("B"), of("E")),
        (contents.slices.len(), contents.slices.len())
    );
    assert_eq!(
        (of("s"), of("f")),
        (contents.arrows.len(), contents.arrows.len())
    );
    assert_eq!(of("i"), contents.instants.len());
    assert_eq!(of("C"), contents.counts.len());
    let named = events.iter().any(|event| {
        let name = event["args"]["name"].as_str().unwrap_or_default();
        name.starts_with("tasks: T2") && name.contains("quoted")
    });
    assert!(named);
}
