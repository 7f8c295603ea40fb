//! `map` in threads: a chunk is one call, which catches the panic of each item.

use super::ThreadPool;
use crate::pool::error::PoolError;
use crate::pool::map::Map;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Arc;

impl<S: 'static> ThreadPool<S> {
    /// Calls a function with each of the items, and gives the results in the order of the items.
    ///
    /// The items go to the threads in chunks; see [`Map`] for their size, for how far the work runs ahead, and for errors.
    ///
    /// # Panics
    /// When it is polled and no loop runs on this thread.
    ///
    /// # Examples
    /// See [`Map`].
    #[track_caller]
    pub fn map<A, R, F>(
        &self,
        function: F,
        items: impl IntoIterator<Item = A, IntoIter: 'static>,
    ) -> Map<R>
    where
        A: Send + 'static,
        R: Send + 'static,
        F: Fn(A) -> R + Send + Sync + 'static,
    {
        self.map_from(function, items, true, Location::caller())
    }

    /// Calls a function with each of the items, and gives the results as they come, chunk by chunk.
    ///
    /// # Panics
    /// When it is polled and no loop runs on this thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use roundelay::pool::ThreadPool;
    ///
    /// roundelay::run(async {
    ///     let pool = ThreadPool::new(2);
    ///     let mut doubled = pool.map_unordered(|n| n * 2, [1, 2, 3]).collect().await.unwrap();
    ///     doubled.sort();
    ///     assert_eq!(doubled, [2, 4, 6]);
    /// });
    /// ```
    #[track_caller]
    #[doc(alias = "imap_unordered")]
    pub fn map_unordered<A, R, F>(
        &self,
        function: F,
        items: impl IntoIterator<Item = A, IntoIter: 'static>,
    ) -> Map<R>
    where
        A: Send + 'static,
        R: Send + 'static,
        F: Fn(A) -> R + Send + Sync + 'static,
    {
        self.map_from(function, items, false, Location::caller())
    }

    pub(in crate::pool) fn map_from<A, R, F>(
        &self,
        function: F,
        items: impl IntoIterator<Item = A, IntoIter: 'static>,
        ordered: bool,
        submitted: &'static Location<'static>,
    ) -> Map<R>
    where
        A: Send + 'static,
        R: Send + 'static,
        F: Fn(A) -> R + Send + Sync + 'static,
    {
        let (pool, function) = (self.clone(), Arc::new(function));
        Map::new(items, self.max_threads(), ordered, move |chunk: Vec<A>| {
            let function = function.clone();
            let each = move |item| {
                let result = catch_unwind(AssertUnwindSafe(|| function(item)));
                result.map_err(|payload| PoolError::panicked(payload, submitted))
            };
            let call = move |_: &mut S| chunk.into_iter().map(each).collect();
            pool.submit_from(call, submitted)
        })
    }
}
