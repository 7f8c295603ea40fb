//! Random programs: tasks that wait for earlier ones and then sleep. How long they take is known from their numbers alone.

use super::{check, ms, recorded};
use proptest::prelude::*;
use roundelay::trace::Log;
use roundelay::trace::why::{Kind, Target, critical_path};
use roundelay::{sleep, spawn, sync::Event};
use std::rc::Rc;

/// What one task does: it waits for these earlier ones, and then sleeps so many milliseconds.
#[derive(Clone, Debug)]
struct Node {
    after: Vec<usize>,
    length: u64,
}

fn programs() -> impl Strategy<Value = Vec<Node>> {
    let node = (
        prop::collection::vec(any::<prop::sample::Index>(), 0..3),
        0u64..60,
    );
    prop::collection::vec(node, 1..14).prop_map(|nodes| {
        let node = |(number, (after, length)): (usize, (Vec<prop::sample::Index>, u64))| {
            let earlier = |index: prop::sample::Index| (number > 0).then(|| index.index(number));
            let after = after.into_iter().filter_map(earlier).collect();
            Node { after, length }
        };
        nodes.into_iter().enumerate().map(node).collect()
    })
}

/// When the last task is done, in milliseconds.
fn expected(nodes: &[Node]) -> u64 {
    let mut ends: Vec<u64> = Vec::new();
    for node in nodes {
        let begin = node.after.iter().map(|&before| ends[before]).max();
        ends.push(begin.unwrap_or(0) + node.length);
    }
    ends.into_iter().max().unwrap_or(0)
}

/// Runs the program: the task of a node has the node's number plus 2.
fn run(nodes: &[Node]) -> Log {
    let nodes = nodes.to_vec();
    recorded(async move {
        let done: Vec<Rc<Event>> = nodes.iter().map(|_| Rc::new(Event::new())).collect();
        let tasks: Vec<_> = nodes
            .into_iter()
            .enumerate()
            .map(|(number, node)| {
                let done = done.clone();
                spawn(async move {
                    for before in node.after {
                        done[before].wait().await;
                    }
                    sleep(ms(node.length)).await;
                    done[number].set();
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_on_the_path_and_only_that_sets_the_duration(nodes in programs()) {
        let log = run(&nodes);
        let path = critical_path(&log, Target::End).unwrap();
        check(&path);
        let (from, to) = path.span();
        prop_assert_eq!(to - from, expected(&nodes) * 1_000_000);
        let mut on_path = vec![false; nodes.len()];
        for segment in path.segments.iter().filter(|segment| segment.length() > 0) {
            prop_assert_eq!(segment.kind, Kind::Timer);
            let node = segment.task.unwrap().get() as usize - 2;
            prop_assert_eq!(segment.length(), nodes[node].length * 1_000_000);
            prop_assert!(!std::mem::replace(&mut on_path[node], true));
        }
        for node in 0..nodes.len() {
            let mut shorter = nodes.clone();
            shorter[node].length = nodes[node].length.saturating_sub(10);
            let saved = nodes[node].length - shorter[node].length;
            let log = run(&shorter);
            let (from, to) = critical_path(&log, Target::End).unwrap().span();
            let gained = expected(&nodes) - (to - from) / 1_000_000;
            // Another path as long as this one, or nearly, takes over.
            let gain = expected(&nodes) - expected(&shorter);
            prop_assert_eq!(gained, gain);
            let most = if on_path[node] { saved } else { 0 };
            prop_assert!(gained <= most, "{} of {}", gained, most);
        }
    }
}
