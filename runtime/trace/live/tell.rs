//! A live loop in words: the answers for people.

use super::Question;
use super::mirror::{Picture, Task};
use crate::event_loop::event::{Act, Direction, WaitsFor};
use crate::event_loop::listing::TaskState;
use crate::event_loop::observer::TaskId;
use crate::sys::clock;
use std::collections::{HashMap, HashSet};
use std::fmt::Write;

/// Answers a question.
pub(super) fn answer(picture: &Picture, question: Question) -> String {
    let now = clock::now();
    match question {
        Question::Ps => ps(picture, now, picture.tasks.keys().copied()),
        Question::Tree => tree(picture, now),
        Question::Top => top(picture, now),
        Question::Why(task) => why(picture, now, TaskId(task)),
    }
}

fn ps(picture: &Picture, now: u64, order: impl Iterator<Item = TaskId>) -> String {
    let mut text = format!(
        "{:<8} {:<16} {:<8} {:>10} {:>8} {:>10}  awaiting, spawned\n",
        "id", "task", "state", "since", "polls", "busy"
    );
    for id in order {
        let Some(task) = picture.tasks.get(&id) else {
            continue;
        };
        let running = (task.state == TaskState::Running).then(|| now.saturating_sub(task.since));
        let _ = writeln!(
            text,
            "{:<8} {:<16} {:<8} {:>10} {:>8} {:>10}  {}; spawned at {}",
            id.get(),
            name(picture, id),
            state(task.state),
            span(now.saturating_sub(task.since)),
            task.polls,
            span(task.busy + running.unwrap_or_default()),
            awaiting(picture, task, now),
            line(task.spawned_at),
        );
    }
    text
}

fn top(picture: &Picture, now: u64) -> String {
    let lived = now.saturating_sub(picture.began).max(1);
    let asleep = picture.parked.map_or(0, |since| now.saturating_sub(since));
    let queued = |task: &&Task| task.state == TaskState::Queued;
    let ready = picture.tasks.values().filter(queued).count() + picture.calls.len();
    let turns = u128::from(picture.turns) * 1_000_000_000 / u128::from(lived);
    let parked = u128::from(picture.slept + asleep) * 100 / u128::from(lived);
    let mut order: Vec<_> = picture.tasks.iter().collect();
    let busy = |task: &Task| match task.state {
        TaskState::Running => task.busy + now.saturating_sub(task.since),
        _ => task.busy,
    };
    order.sort_by_key(|(_, task)| std::cmp::Reverse((busy(task), task.polls)));
    let order: Vec<_> = order.into_iter().map(|(&id, _)| id).collect();
    format!(
        "loop of process {}: {} tasks, {ready} ready, {} turns ({turns}/s), parked {parked} %, since {}\n",
        std::process::id(),
        picture.tasks.len(),
        picture.turns,
        span(lived),
    ) + &ps(picture, now, order.into_iter())
}

/// One task of a tree.
fn branch(picture: &Picture, now: u64, id: TaskId, depth: usize, text: &mut String) {
    let task = &picture.tasks[&id];
    let cycle = match chain(picture, id) {
        (_, Some(end)) if end == id => "  <- cycle",
        _ => "",
    };
    let _ = writeln!(
        text,
        "{:indent$}{} {} {}: {}{cycle}",
        "",
        name(picture, id),
        state(task.state),
        span(now.saturating_sub(task.since)),
        awaiting(picture, task, now),
        indent = depth * 2,
    );
}

fn tree(picture: &Picture, now: u64) -> String {
    let lives = |task: &TaskId| picture.tasks.contains_key(task);
    let mut text = String::new();
    let mut by_parent = HashMap::<_, Vec<_>>::new();
    for (&id, task) in picture.tasks.iter().rev() {
        by_parent
            .entry(task.parent.filter(lives))
            .or_default()
            .push(id);
    }
    let roots = by_parent.remove(&None).unwrap_or_default();
    let mut left: Vec<_> = roots.into_iter().map(|id| (id, 0)).collect();
    while let Some((id, depth)) = left.pop() {
        branch(picture, now, id, depth, &mut text);
        let children = by_parent.remove(&Some(id)).unwrap_or_default();
        left.extend(children.into_iter().map(|child| (child, depth + 1)));
    }
    text
}

/// The tasks for which a task waits, one for the other, and the one with which the chain closes, if it does.
fn chain(picture: &Picture, from: TaskId) -> (Vec<TaskId>, Option<TaskId>) {
    let (mut chain, mut seen) = (vec![from], HashSet::from([from]));
    let mut last = from;
    while let Some(next) = next(picture, last) {
        if !seen.insert(next) {
            return (chain, Some(next));
        }
        chain.push(next);
        last = next;
    }
    (chain, None)
}

/// The task for which a task waits, if it is known and lives.
fn next(picture: &Picture, id: TaskId) -> Option<TaskId> {
    let task = picture.tasks.get(&id)?;
    if task.state != TaskState::Waiting {
        return None;
    }
    let next = task.waits.iter().find_map(|(on, _)| match on {
        WaitsFor::Task(other) => Some(*other),
        WaitsFor::Object { object, .. } => picture.holders.get(object)?.first().copied(),
        _ => None,
    });
    next.filter(|next| picture.tasks.contains_key(next))
}

fn why(picture: &Picture, now: u64, task: TaskId) -> String {
    if !picture.tasks.contains_key(&task) {
        return format!(
            "there is no task {}: it has ended, or never was\n",
            task.get()
        );
    }
    let (chain, closes) = chain(picture, task);
    let mut text = String::new();
    for (depth, &id) in chain.iter().enumerate() {
        branch(picture, now, id, depth, &mut text);
    }
    if let Some(closes) = closes {
        let _ = writeln!(
            text,
            "the chain closes with {}: none of these can go on",
            name(picture, closes)
        );
    }
    text
}

fn name(picture: &Picture, id: TaskId) -> String {
    let known = picture.tasks.get(&id).and_then(|task| task.name.clone());
    known.unwrap_or_else(|| id.to_string())
}

fn state(state: TaskState) -> &'static str {
    match state {
        TaskState::Waiting => "waiting",
        TaskState::Queued => "queued",
        TaskState::Running => "running",
    }
}

fn line(at: Option<super::mirror::At>) -> String {
    at.map_or("an unknown line".to_owned(), |at| {
        format!("{}:{}", at.file(), at.line())
    })
}

/// What a task waits for, or last waited for.
fn awaiting(picture: &Picture, task: &Task, now: u64) -> String {
    let waits: Vec<_> = task
        .waits
        .iter()
        .map(|(on, at)| {
            let place = at.map_or(String::new(), |at| {
                format!(" at {}:{}", at.file(), at.line())
            });
            what(picture, *on, now) + &place
        })
        .collect();
    match (task.state, waits.is_empty()) {
        (TaskState::Waiting, false) => waits.join(", "),
        (_, true) => "-".to_owned(),
        (_, false) => format!("was: {}", waits.join(", ")),
    }
}

fn what(picture: &Picture, on: WaitsFor, now: u64) -> String {
    match on {
        WaitsFor::Turn => "its next turn".to_owned(),
        WaitsFor::Timer { when, .. } => {
            let passed = match picture.is_virtual {
                true => 0,
                false => now.saturating_sub(picture.last.0),
            };
            format!(
                "timer +{}",
                span(when.saturating_sub(picture.last.1 + passed))
            )
        }
        WaitsFor::Never => "nothing: it sleeps without end".to_owned(),
        WaitsFor::Task(task) => format!("end of {}", name(picture, task)),
        WaitsFor::Tasks { left } => format!("ends of {left} tasks"),
        WaitsFor::Object { object, kind, act } => {
            let act = match act {
                Act::Wait => "",
                Act::Get => " to get",
                Act::Put => " to put",
                Act::Join => " to be done",
            };
            let holder = picture
                .holders
                .get(&object)
                .and_then(|holders| holders.first());
            let holder = holder.map_or(String::new(), |&task| {
                format!(" held by {}", name(picture, task))
            });
            format!("{kind:?} {object}{act}{holder}")
        }
        WaitsFor::Source { source, direction } => match direction {
            Direction::Read => format!("source {source} to read"),
            Direction::Write => format!("source {source} to write"),
        },
        WaitsFor::Job(job) => format!("job {}", job.get()),
        WaitsFor::Place => "a place in a pool's line".to_owned(),
        WaitsFor::Foreign => "a future from elsewhere".to_owned(),
        WaitsFor::Nothing => "nothing that could wake it".to_owned(),
    }
}

/// A length of time, short to read.
fn span(nanoseconds: u64) -> String {
    match nanoseconds {
        0..1_000_000 => format!("{} us", nanoseconds / 1000),
        1_000_000..10_000_000_000 => format!("{} ms", nanoseconds / 1_000_000),
        _ => format!("{} s", nanoseconds / 1_000_000_000),
    }
}
