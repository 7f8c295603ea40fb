//! `gather` for tuples: members of different types.
//!
//! Each member puts its output into its place of a shared tuple, and a gather of tasks without outputs waits for them.

use super::gather::{Gather, Gatherable, gather_handles};
use super::join::spawn_at;
use crate::error::JoinError;
use std::cell::Cell;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

/// The future of a [`gather`](crate::gather) of a tuple: the outputs, or the first member's error.
#[must_use = "dropping it lets the tasks run on"]
pub struct GatherTuple<Places> {
    places: Rc<Places>,
    tasks: Gather<()>,
}

impl<Places> GatherTuple<Places> {
    /// Cancels the members that have not ended; see [`Gather::cancel`].
    #[track_caller]
    pub fn cancel(&self) -> bool {
        self.tasks.cancel()
    }

    /// Returns whether awaiting it would give the outputs, or the error, at once.
    #[doc(alias = "done")]
    pub fn is_finished(&self) -> bool {
        self.tasks.is_finished()
    }
}

/// The kind of [`Gatherable`]s that are tuples.
#[derive(Debug)]
pub enum Tuple {}

macro_rules! tuples {
    ($(($($member:ident $n:tt),+))*) => {$(
        impl<$($member),+> Gatherable<Tuple> for ($($member,)+)
        where
            $($member: Future + 'static, $member::Output: 'static),+
        {
            type Gather = GatherTuple<($(Cell<Option<$member::Output>>,)+)>;

            fn gather(self) -> Self::Gather {
                let at = Location::caller();
                let places = Rc::new(($(Cell::new(None::<$member::Output>),)+));
                let tasks = [$({
                    let (places, future) = (Rc::clone(&places), self.$n);
                    spawn_at(async move { places.$n.set(Some(future.await)) }, at)
                }),+];
                GatherTuple { places, tasks: gather_handles(tasks) }
            }
        }

        impl<$($member),+> Future for GatherTuple<($(Cell<Option<$member>>,)+)> {
            type Output = Result<($($member,)+), JoinError>;

            #[track_caller]
            fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
                let ended = ready!(Pin::new(&mut self.tasks).poll(cx));
                let places = &self.places;
                Poll::Ready(ended.map(|_| ($(
                    places.$n.take().expect("a member that has ended has left its output"),
                )+)))
            }
        }
    )*};
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}
