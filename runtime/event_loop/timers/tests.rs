//! The wheel against a simple model: a map ordered by deadline and order of insertion.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

const YEAR: u64 = 365 * 86_400 * 1_000_000_000;
const DAY: u64 = 86_400 * 1_000_000_000;

/// The wheel and the model, and what both have to agree on.
struct Pair {
    wheel: TimerWheel,
    /// Deadline and order of insertion, to the wheel's key and the number given to the timer.
    model: BTreeMap<(u64, u64), (TimerKey, u32)>,
    inserted: u64,
    now: u64,
}

impl Pair {
    fn starting_at(now: u64) -> Self {
        let mut wheel = TimerWheel::new();
        wheel.expire(now, |_| unreachable!("there are no timers"));
        Pair {
            wheel,
            model: BTreeMap::new(),
            inserted: 0,
            now,
        }
    }

    fn insert(&mut self, when: u64) {
        let number = self.inserted as u32;
        let key = self.wheel.insert(when, Action::Callback(number));
        self.model.insert((when, self.inserted), (key, number));
        self.inserted += 1;
    }

    fn cancel(&mut self, nth: usize) {
        let Some(&at) = self.model.keys().nth(nth % self.model.len().max(1)) else {
            return;
        };
        let (key, number) = self.model.remove(&at).expect("it was just found");
        assert_eq!(self.wheel.cancel(key), Some(Action::Callback(number)));
        assert_eq!(self.wheel.cancel(key), None, "a timer is cancelled once");
    }

    fn advance(&mut self, now: u64) {
        self.now = now.max(self.now);
        let mut fired = Vec::new();
        self.wheel.expire(self.now, |key| fired.push(key));
        let fired: Vec<Action> = fired
            .into_iter()
            .filter_map(|key| self.wheel.take_due(key))
            .collect();
        let later = self.model.split_off(&(self.now, u64::MAX));
        let due: Vec<Action> = std::mem::replace(&mut self.model, later)
            .into_values()
            .map(|(_, number)| Action::Callback(number))
            .collect();
        assert_eq!(fired, due, "at {}", self.now);
    }

    /// Moves from deadline to deadline as a sleeping loop does, to the end.
    fn run_out(&mut self) {
        while let Some(deadline) = self.wheel.next_deadline() {
            let earliest = self.model.keys().next().map(|at| at.0);
            assert!(
                earliest.is_some_and(|when| deadline <= when.max(self.now)),
                "a deadline would be missed"
            );
            self.advance(deadline);
        }
        assert!(self.model.is_empty());
        assert!(self.wheel.is_empty());
    }
}

#[derive(Clone, Debug)]
enum Operation {
    /// Set a timer so far from now; the flag makes it lie in the past.
    Insert(u64, bool),
    Cancel(usize),
    Advance(u64),
}

fn distance() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..4u64,
        0..5_000u64,
        0..20_000_000u64,
        0..20 * DAY,
        0..580 * YEAR
    ]
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        4 => (distance(), prop::bool::weighted(0.1)).prop_map(|(by, past)| Operation::Insert(by, past)),
        2 => any::<usize>().prop_map(Operation::Cancel),
        1 => distance().prop_map(Operation::Advance),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_wheel_agrees_with_the_model_at_any_time(
        start in prop_oneof![
            Just(0), Just(12 * DAY), Just((1 << 32) * 1_000_000), Just(1 << 48), Just(500 * YEAR),
            Just((1 << 63) - 5), Just(u64::MAX - DAY), any::<u64>(),
        ],
        operations in prop::collection::vec(operation(), 0..200),
    ) {
        let mut pair = Pair::starting_at(start);
        for operation in operations {
            match operation {
                Operation::Insert(by, false) => pair.insert(pair.now.saturating_add(by)),
                Operation::Insert(by, true) => pair.insert(pair.now.saturating_sub(by)),
                Operation::Cancel(nth) => pair.cancel(nth),
                Operation::Advance(by) => pair.advance(pair.now.saturating_add(by % YEAR)),
            }
        }
        pair.run_out();
    }
}

#[test]
fn equal_deadlines_fire_in_the_order_in_which_they_were_set() {
    let mut pair = Pair::starting_at(0);
    for round in 0..100 {
        for _ in 0..100 {
            pair.insert(1_000_000_000);
        }
        pair.advance(round * 9_999_999);
    }
    pair.run_out();
}

#[test]
fn a_cancelled_timer_that_is_due_already_does_not_run() {
    let mut wheel = TimerWheel::new();
    let first = wheel.insert(5, Action::Callback(1));
    let second = wheel.insert(5, Action::Callback(2));
    let mut due = Vec::new();
    wheel.expire(5, |key| due.push(key));
    assert_eq!(wheel.cancel(second), Some(Action::Callback(2)));
    assert_eq!(wheel.action(first), Some(Action::Callback(1)));
    let ran: Vec<_> = due.into_iter().map(|key| wheel.take_due(key)).collect();
    assert_eq!(ran, [Some(Action::Callback(1)), None]);
    assert_eq!(wheel.cancel(first), None);
}

#[test]
fn a_crowd_is_many_timers_close_together() {
    let mut wheel = TimerWheel::new();
    for n in 0..8 {
        wheel.insert(1_000_000 + n * 100, Action::Callback(0));
    }
    assert!(!wheel.crowded(2_000_000, 8));
    wheel.insert(1_500_000, Action::Callback(0));
    assert!(wheel.crowded(2_000_000, 8));
    assert!(!wheel.crowded(1_400_000, 8));
}
