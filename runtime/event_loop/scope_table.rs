//! The scopes of one task, found by number.
//!
//! Mostly there are one or two, left in the reverse order. In a set of futures with a limit each there may be any number, left
//! in any order, and none of that may take time that grows with their number: a scope that is left before newer ones stays as a
//! gap until half of the table is.

use super::cancel::Target;
use super::scope::{Alarm, Entry};
use std::panic::Location;

#[derive(Default)]
pub(super) struct Scopes {
    /// Oldest first, and so by number. The last one is no gap.
    entries: Vec<Entry>,
    gaps: usize,
}

impl Scopes {
    /// How many there are, or a few more.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The one entered last.
    pub(super) fn last(&self) -> Option<&Entry> {
        self.entries.last()
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter().filter(|entry| !entry.gap)
    }

    fn position(&self, id: u64) -> Option<usize> {
        match self.entries.last() {
            Some(last) if last.id == id => Some(self.entries.len() - 1),
            _ => {
                let position = self.entries.binary_search_by_key(&id, |entry| entry.id);
                position.ok().filter(|&at| !self.entries[at].gap)
            }
        }
    }

    pub(super) fn get(&self, id: u64) -> Option<&Entry> {
        self.position(id).map(|at| &self.entries[at])
    }

    pub(super) fn get_mut(&mut self, id: u64) -> Option<&mut Entry> {
        self.position(id).map(|at| &mut self.entries[at])
    }

    /// Adds one with a higher number than all before.
    #[inline]
    pub(super) fn push(&mut self, id: u64, outer: u64, limit: Option<&'static Location<'static>>) {
        if outer != 0
            && let Some(outer) = self.get_mut(outer)
        {
            outer.inner += 1;
        }
        // Written in its place, part by part: see `remove_last`.
        let entry = self.entries.push_mut(Entry::BLANK);
        (entry.id, entry.outer, entry.limit) = (id, outer, limit);
    }

    /// Removes the scope that was entered last, if it is this one and nothing of it is to be seen to but its alarm. Returns the
    /// alarm, and whether the time had run out.
    ///
    /// Nearly every scope goes so. To move it out would be dearer than the rest: what was written in small parts would be
    /// read in large ones, for which a processor has to wait.
    #[inline]
    pub(super) fn remove_last(&mut self, id: u64) -> Option<(Alarm, bool)> {
        let last = self.entries.last()?;
        if last.id != id || last.is_special() || self.gaps > 0 {
            return None;
        }
        let (alarm, expired, outer) = (last.alarm, last.expired, last.outer);
        self.entries.truncate(self.entries.len() - 1);
        if outer != 0
            && let Some(outer) = self.get_mut(outer)
        {
            outer.inner -= 1;
        }
        Some((alarm, expired))
    }

    #[inline(never)]
    pub(super) fn remove(&mut self, id: u64) -> Option<Entry> {
        let at = self.position(id)?;
        let removed = if at + 1 == self.entries.len() {
            let last = self.entries.pop();
            while self.entries.pop_if(|entry| entry.gap).is_some() {
                self.gaps -= 1;
            }
            last?
        } else {
            self.gaps += 1;
            std::mem::replace(&mut self.entries[at], Entry::gap(id))
        };
        if self.gaps > self.entries.len() / 2 {
            self.entries.retain(|entry| !entry.gap);
            self.gaps = 0;
        }
        if let Some(outer) = self.get_mut(removed.outer) {
            outer.inner -= 1;
        }
        Some(removed)
    }

    /// The scope that a request for this target goes to; `None` for the task.
    pub(super) fn place(&self, target: Target) -> Option<&Entry> {
        match target {
            Target::Task => None,
            Target::Innermost => self.last(),
            Target::Within(id) => match self.get(id) {
                Some(scope) if scope.inner == 0 => Some(scope),
                Some(_) => self.iter().rfind(|scope| self.lies_in(scope.id, id)),
                None => self.last(),
            },
        }
    }

    /// Where a request for this target goes that a scope did not take, because nobody polls it: `None` if it is to wait there,
    /// `Some(None)` for the task.
    pub(super) fn place_after(&self, tried: u64, target: Target) -> Option<Option<&Entry>> {
        let older = self.entries.partition_point(|entry| entry.id < tried);
        let mut older = self.entries[..older].iter().filter(|entry| !entry.gap);
        match target {
            Target::Within(id) if id == tried => None,
            Target::Within(id) if self.get(id).is_some() => {
                Some(older.rfind(|scope| self.lies_in(scope.id, id)))
            }
            _ => Some(older.next_back()),
        }
    }

    /// Whether the scope `inner` is the scope `outer`, or lies in it.
    fn lies_in(&self, mut inner: u64, outer: u64) -> bool {
        while inner != outer {
            match self.get(inner) {
                Some(scope) => inner = scope.outer,
                None => return false,
            }
        }
        true
    }

    /// How many of the scopes around this place were asked to end.
    pub(super) fn asked_around(&self, mut place: u64) -> u32 {
        let mut asked = 0;
        while let Some(scope) = self.get(place) {
            asked += u32::from(scope.asked);
            place = scope.outer;
        }
        asked
    }
}
