//! The timer wheel: deadlines in u64 nanoseconds, exact order, ties first-in first-out.
//!
//! Eleven levels of 64 slots cover all of u64. A timer's level is that of the highest digit (of base 64) in which
//! its deadline differs from the time the wheel has reached; its slot there is that digit. A slot of level 0 is
//! one exact nanosecond. When the wheel reaches a slot of a higher level, it spreads the slot's list over lower
//! levels, in order. An entry for the same deadline inserted later always lands behind an earlier one: if the
//! earlier one is still high up, the later one computes the same slot. So ties need no comparison.
//!
//! Expected use: most timers are limits that are set and then cancelled. Both are a few stores in a linked list of
//! `u32` indices; a binary heap pays a sift for each, or keeps garbage. Think again if programs turn up that fire
//! most of what they set, millions at a time: there a heap is as good.

use super::clock::NEVER;
use super::waker::TaskRef;
use slab::Slab;

const LEVELS: usize = 11;
const SLOTS: usize = 64;
/// The list of timers whose deadline was behind the wheel's time when they were set, sorted.
const PAST: u16 = (LEVELS * SLOTS) as u16;
const NONE: u32 = u32::MAX;

/// A timer, as its owner knows it: a key into the slab, and the generation that tells a reused key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimerKey {
    pub(super) key: u32,
    generation: u32,
}

impl TimerKey {
    pub(crate) fn bits(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.key)
    }

    /// The key in the slab.
    pub(crate) fn key(self) -> u32 {
        self.key
    }

    /// The timer's number: counted from 0 in each loop.
    pub(crate) fn number(self) -> u32 {
        self.generation
    }

    pub(crate) fn from_bits(bits: u64) -> Self {
        TimerKey {
            key: bits as u32,
            generation: (bits >> 32) as u32,
        }
    }
}

/// What happens when a timer fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Wake a task of this loop.
    Wake(TaskRef),
    /// Run a callback of the callback table.
    Callback(u32),
    /// End the time of a scope of this task: the one that knows the timer.
    Expire(TaskRef),
}

/// Where an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In a list.
    Waiting,
    /// Due: its index stands in the ready queue.
    Due,
    /// Cancelled while due: the ready queue skips it.
    Dead,
}

/// One timer.
struct Entry {
    when: u64,
    /// The task's bits, or the callback's key.
    action: u64,
    /// The neighbours in the slot's list.
    next: u32,
    previous: u32,
    generation: u32,
    /// The list it is in: a slot, counted over all levels, or `PAST`.
    list: u16,
    place: Place,
    kind: Kind,
}

/// What the action of an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Wake,
    Callback,
    Expire,
}

const _: () = assert!(size_of::<Entry>() == 32);

/// The ends of a list, and the least deadline ever inserted since it was empty.
#[derive(Clone, Copy)]
struct List {
    first: u32,
    last: u32,
    /// Written by inserts only, so after a removal it may be too low: the loop then wakes once too early and
    /// sorts the slot. Never too high.
    least: u64,
}

const EMPTY: List = List {
    first: NONE,
    last: NONE,
    least: NEVER,
};

pub(crate) struct TimerWheel {
    /// The time that the wheel has reached: everything before it has fired.
    reached: u64,
    entries: Slab<Entry>,
    lists: Box<[List; LEVELS * SLOTS + 1]>,
    /// Which slots of a level have a list, one bit each.
    occupied: [u64; LEVELS],
    next_generation: u32,
    /// How many timers wait in lists.
    waiting: usize,
    /// Room for a list that is being sorted; empty between uses.
    sorted: Vec<(u64, u32)>,
}

impl TimerWheel {
    pub(crate) fn new() -> Self {
        TimerWheel {
            reached: 0,
            entries: Slab::new(),
            lists: Box::new([EMPTY; LEVELS * SLOTS + 1]),
            occupied: [0; LEVELS],
            next_generation: 0,
            waiting: 0,
            sorted: Vec::new(),
        }
    }

    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// How many timers are still to fire.
    pub(crate) fn len(&self) -> usize {
        self.waiting
    }

    /// Sets a timer.
    #[inline]
    pub(crate) fn insert(&mut self, when: u64, action: Action) -> TimerKey {
        let (action, kind) = action.pack();
        let generation = self.next_generation;
        self.next_generation = generation.wrapping_add(1);
        let key = self.entries.insert(Entry {
            when,
            action,
            next: NONE,
            previous: NONE,
            generation,
            list: 0,
            place: Place::Waiting,
            kind,
        }) as u32;
        self.waiting += 1;
        self.link(key, when);
        TimerKey { key, generation }
    }

    /// Cancels a timer, and returns its action if it had not run yet.
    #[inline]
    pub(crate) fn cancel(&mut self, timer: TimerKey) -> Option<Action> {
        let entry = self.get(timer)?;
        let action = entry.action();
        match entry.place {
            Place::Dead => None,
            Place::Due => {
                self.entries[timer.key as usize].place = Place::Dead;
                Some(action)
            }
            Place::Waiting => {
                self.unlink(timer.key);
                self.entries.remove(timer.key as usize);
                self.waiting -= 1;
                Some(action)
            }
        }
    }

    /// Gives a timer that is still to run another action, and returns the one before.
    pub(crate) fn redirect(&mut self, timer: TimerKey, action: Action) -> Option<Action> {
        let before = self.action(timer)?;
        let entry = &mut self.entries[timer.key as usize];
        (entry.action, entry.kind) = action.pack();
        Some(before)
    }

    /// Returns what a timer will do, if it is still to run.
    #[inline]
    pub(crate) fn action(&self, timer: TimerKey) -> Option<Action> {
        let entry = self.get(timer)?;
        (entry.place != Place::Dead).then(|| entry.action())
    }

    /// The number of the timer with this key.
    pub(super) fn number(&self, key: u32) -> u32 {
        self.entries
            .get(key as usize)
            .map_or(0, |entry| entry.generation)
    }

    /// Whether the timer with this key stands in the ready queue, and was not cancelled there.
    pub(super) fn is_due(&self, key: u32) -> bool {
        self.entries
            .get(key as usize)
            .is_some_and(|entry| entry.place == Place::Due)
    }

    /// Calls `f` with the numbers and deadlines of the timers that are to become due.
    pub(super) fn each_waiting(&self, mut f: impl FnMut(u32, u64)) {
        for (_, entry) in &self.entries {
            if entry.place == Place::Waiting {
                f(entry.generation, entry.when);
            }
        }
    }

    /// Returns the deadline of the timer with this key.
    pub(crate) fn deadline(&self, key: u32) -> Option<u64> {
        self.entries.get(key as usize).map(|entry| entry.when)
    }

    fn get(&self, timer: TimerKey) -> Option<&Entry> {
        self.entries
            .get(timer.key as usize)
            .filter(|entry| entry.generation == timer.generation)
    }

    /// Takes a due timer whose turn has come in the ready queue. `None` if it was cancelled meanwhile.
    pub(crate) fn take_due(&mut self, key: u32) -> Option<Action> {
        let entry = self.entries.remove(key as usize);
        (entry.place != Place::Dead).then(|| entry.action())
    }

    /// Moves the wheel to `now` and reports every timer that is due, by deadline, ties in order of insertion.
    pub(crate) fn expire(&mut self, now: u64, mut due: impl FnMut(u32)) {
        self.flush(usize::from(PAST), &mut due);
        while let Some((level, slot)) = self.earliest_slot() {
            let start = self.start_of(level, slot);
            if start > now {
                break;
            }
            let end = start + ((1 << (6 * level as u32)) - 1);
            if level == 0 {
                self.reached = start;
                self.flush(slot, &mut due);
            } else if end <= now {
                self.reached = end;
                self.flush_sorted(level * SLOTS + slot, &mut due);
            } else {
                self.reached = start;
                self.spread(level * SLOTS + slot);
            }
        }
        self.reached = self.reached.max(now);
    }

    /// Returns the next deadline, or one that is too early if the timer it belonged to was cancelled.
    #[inline]
    pub(crate) fn next_deadline(&self) -> Option<u64> {
        if self.lists[usize::from(PAST)].first != NONE {
            return Some(self.reached);
        }
        let (level, slot) = self.earliest_slot()?;
        Some(self.lists[level * SLOTS + slot].least)
    }

    /// Returns the next deadline; exactly for a clock that jumps there, as a turn too many would be seen. That looks at
    /// timers of the list that the jump will spread.
    pub(crate) fn wake_up_time(&mut self, exactly: bool) -> Option<u64> {
        let next = self.next_deadline()?;
        if !exactly || self.lists[usize::from(PAST)].first != NONE {
            return Some(next);
        }
        let (level, slot) = self.earliest_slot()?;
        let list = &mut self.lists[level * SLOTS + slot];
        let mut least = NEVER;
        let mut key = list.first;
        while key != NONE && least > next {
            let entry = &self.entries[key as usize];
            least = least.min(entry.when);
            key = entry.next;
        }
        list.least = least;
        Some(least)
    }

    /// Whether more than `limit` timers are due by `until`. Looks at a few timers only, and so may miss some
    /// of those beyond the first slots.
    pub(crate) fn crowded(&self, until: u64, limit: usize) -> bool {
        let mut found = 0;
        let mut looked_at = 0;
        for level in 0..LEVELS {
            let mut left = self.occupied[level];
            while left != 0 {
                let slot = left.trailing_zeros() as usize;
                left &= left - 1;
                if self.start_of(level, slot) > until {
                    return false;
                }
                let mut key = self.lists[level * SLOTS + slot].first;
                while key != NONE {
                    let entry = &self.entries[key as usize];
                    found += usize::from(entry.when <= until);
                    looked_at += 1;
                    if found > limit {
                        return true;
                    }
                    if looked_at > 8 * limit {
                        return false;
                    }
                    key = entry.next;
                }
            }
        }
        false
    }

    /// Returns level and slot of the first list in time: a lower level is always earlier than a higher one.
    #[inline]
    fn earliest_slot(&self) -> Option<(usize, usize)> {
        let level = self.occupied.iter().position(|&bits| bits != 0)?;
        Some((level, self.occupied[level].trailing_zeros() as usize))
    }

    /// The first nanosecond that a slot stands for.
    #[inline]
    fn start_of(&self, level: usize, slot: usize) -> u64 {
        let shift = 6 * level as u32;
        let above = self.reached.checked_shr(shift + 6).unwrap_or(0);
        above.checked_shl(shift + 6).unwrap_or(0) | (slot as u64) << shift
    }

    /// Appends an entry to the list of its deadline.
    #[inline]
    fn link(&mut self, key: u32, when: u64) {
        if when < self.reached {
            self.link_past(key, when);
            return;
        }
        let differing = when ^ self.reached;
        let level = (63 - (differing | 1).leading_zeros()) as usize / 6;
        let slot = (when >> (6 * level) & 63) as usize;
        self.occupied[level] |= 1 << slot;
        let list = level * SLOTS + slot;
        self.append(key, list, self.lists[list].last);
        let ends = &mut self.lists[list];
        ends.least = ends.least.min(when);
    }

    /// Sorts an entry into the list of those that are late already, behind its equals.
    #[cold]
    fn link_past(&mut self, key: u32, when: u64) {
        let list = usize::from(PAST);
        let mut previous = self.lists[list].last;
        while previous != NONE && self.entries[previous as usize].when > when {
            previous = self.entries[previous as usize].previous;
        }
        self.append(key, list, previous);
    }

    /// Puts an entry behind `previous` in a list, or first.
    #[inline]
    fn append(&mut self, key: u32, list: usize, previous: u32) {
        let next = match previous {
            NONE => std::mem::replace(&mut self.lists[list].first, key),
            _ => std::mem::replace(&mut self.entries[previous as usize].next, key),
        };
        match next {
            NONE => self.lists[list].last = key,
            _ => self.entries[next as usize].previous = key,
        }
        let entry = &mut self.entries[key as usize];
        (entry.list, entry.previous, entry.next) = (list as u16, previous, next);
    }

    #[inline]
    fn unlink(&mut self, key: u32) {
        let entry = &self.entries[key as usize];
        let (list, previous, next) = (usize::from(entry.list), entry.previous, entry.next);
        match previous {
            NONE => self.lists[list].first = next,
            _ => self.entries[previous as usize].next = next,
        }
        match next {
            NONE => self.lists[list].last = previous,
            _ => self.entries[next as usize].previous = previous,
        }
        if self.lists[list].first == NONE {
            self.clear(list);
        }
    }

    /// Marks a list as empty, and returns what was its first entry.
    #[inline]
    fn clear(&mut self, list: usize) -> u32 {
        if list != usize::from(PAST) {
            self.occupied[list / SLOTS] &= !(1 << (list % SLOTS));
        }
        std::mem::replace(&mut self.lists[list], EMPTY).first
    }

    /// Reports a list as due, and empties it.
    fn flush(&mut self, list: usize, due: &mut impl FnMut(u32)) {
        let mut key = self.clear(list);
        while key != NONE {
            let entry = &mut self.entries[key as usize];
            entry.place = Place::Due;
            self.waiting -= 1;
            let next = entry.next;
            due(key);
            key = next;
        }
    }

    /// Reports a list of several deadlines that are all due, and empties it. One sort takes the place of spreading the
    /// list down level by level, with a miss of the cache for each entry each time; being stable it keeps ties in order.
    fn flush_sorted(&mut self, list: usize, due: &mut impl FnMut(u32)) {
        let mut sorted = std::mem::take(&mut self.sorted);
        let mut key = self.clear(list);
        while key != NONE {
            let entry = &mut self.entries[key as usize];
            entry.place = Place::Due;
            sorted.push((entry.when, key));
            key = entry.next;
        }
        self.waiting -= sorted.len();
        sorted.sort_by_key(|&(when, _)| when);
        for (_, key) in sorted.drain(..) {
            due(key);
        }
        self.sorted = sorted;
    }

    /// Spreads the list of a slot that has been reached over the levels below.
    fn spread(&mut self, list: usize) {
        let mut key = self.clear(list);
        while key != NONE {
            let entry = &self.entries[key as usize];
            let (next, when) = (entry.next, entry.when);
            self.link(key, when);
            key = next;
        }
    }

    /// Gives back the memory of a past peak.
    pub(crate) fn shrink(&mut self) {
        if self.entries.is_empty() && self.entries.capacity() > 16 * 1024 {
            self.entries.shrink_to_fit();
            self.sorted = Vec::new();
        }
    }
}

impl Action {
    fn pack(self) -> (u64, Kind) {
        match self {
            Action::Wake(task) => (task.bits(), Kind::Wake),
            Action::Callback(key) => (u64::from(key), Kind::Callback),
            Action::Expire(task) => (task.bits(), Kind::Expire),
        }
    }
}

impl Entry {
    fn action(&self) -> Action {
        match self.kind {
            Kind::Wake => Action::Wake(TaskRef::from_bits(self.action)),
            Kind::Callback => Action::Callback(self.action as u32),
            Kind::Expire => Action::Expire(TaskRef::from_bits(self.action)),
        }
    }
}

#[cfg(test)]
mod tests;
