//! A live loop in words: the answers for people.

use super::Question;
use super::mirror::{Picture, Task};
use crate::event_loop::event::{Act, Direction, WaitsFor};
use crate::event_loop::listing::TaskState;
use crate::event_loop::observer::TaskId;
use crate::sys::clock;
use crate::trace::plain::Plain;
use std::collections::{HashMap, HashSet};
use std::fmt::Write;

/// Deeper branches of a tree stand beneath each other: else the indents of a long chain take the square of its length, and more
/// than a format can have.
const DEEPEST: usize = 64;

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
fn branch(
    picture: &Picture,
    now: u64,
    id: TaskId,
    (depth, in_cycle): (usize, bool),
    text: &mut String,
) {
    let task = &picture.tasks[&id];
    let cycle = if in_cycle { "  <- cycle" } else { "" };
    let _ = writeln!(
        text,
        "{:indent$}{} {} {}: {}{cycle}",
        "",
        name(picture, id),
        state(task.state),
        span(now.saturating_sub(task.since)),
        awaiting(picture, task, now),
        indent = depth.min(DEEPEST) * 2,
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
    let cycles = in_cycles(picture, picture.tasks.keys().copied());
    let roots = by_parent.remove(&None).unwrap_or_default();
    let mut left: Vec<_> = roots.into_iter().map(|id| (id, 0)).collect();
    while let Some((id, depth)) = left.pop() {
        let place = (depth, cycles.contains(&id));
        branch(picture, now, id, place, &mut text);
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

/// The tasks of the cycles that the chains from these tasks run into. Each task is looked at once.
fn in_cycles(picture: &Picture, from: impl Iterator<Item = TaskId>) -> HashSet<TaskId> {
    let mut cycles = HashSet::new();
    // The tasks that were met, and from which one.
    let mut met = HashMap::<TaskId, TaskId>::new();
    for start in from {
        let mut at = Some(start);
        while let Some(id) = at {
            if let Some(&by) = met.get(&id) {
                let mut round = (by == start).then_some(id);
                while let Some(id) = round.filter(|&id| cycles.insert(id)) {
                    round = next(picture, id);
                }
                break;
            }
            met.insert(id, start);
            at = next(picture, id);
        }
    }
    cycles
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
    let cycles = in_cycles(picture, std::iter::once(task));
    for (depth, &id) in chain.iter().enumerate() {
        let place = (depth, cycles.contains(&id));
        branch(picture, now, id, place, &mut text);
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
    known.map_or_else(|| id.to_string(), |name| Plain(&name).to_string())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event_loop::event::{Event, PollEnd, What};

    fn tell(picture: &mut Picture, task: u64, what: What) {
        let event = Event {
            task: Some(TaskId(task)),
            ..Event::of(what)
        };
        picture.take(0, event);
    }

    /// A picture of tasks each of which was spawned by the one before, and waits for the next.
    fn chain_of(tasks: u64) -> Picture {
        let mut picture = Picture::default();
        for task in 1..=tasks {
            tell(&mut picture, task, What::Spawned);
            if task > 1 {
                let next = WaitsFor::Task(TaskId(task));
                tell(&mut picture, task - 1, What::Waits(next));
                tell(&mut picture, task - 1, What::PollEnded(PollEnd::Pending));
            }
            tell(&mut picture, task, What::PollStarted);
        }
        picture
    }

    #[test]
    fn a_chain_of_many_tasks_can_be_told() {
        const TASKS: u64 = 40_000;
        let picture = chain_of(TASKS);
        for question in [Question::Tree, Question::Why(1)] {
            let text = answer(&picture, question);
            assert_eq!(text.lines().count() as u64, TASKS);
            assert!(text.len() < 400 * TASKS as usize, "{}", text.len());
        }
    }

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        let mut picture = chain_of(1);
        let task = picture.tasks.get_mut(&TaskId(1)).unwrap();
        task.name = Some("a\u{1b}[2J\nb".to_owned());
        let text = answer(&picture, Question::Tree);
        assert!(text.starts_with(r"a\u{1b}[2J\u{a}b running"), "{text}");
    }
}
