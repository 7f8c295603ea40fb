//! `map` in processes: a chunk is one call, whose runner catches the panic of each item.

use super::ProcessPool;
use super::call_builder::enqueue;
use super::codec::{self, ItemOutcome};
use super::job::Job;
use super::limits::Limits;
use crate::pool::error::{Payload, PoolError};
use crate::pool::map::{ChunkResult, Map};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::type_name;
use std::panic::Location;

impl ProcessPool {
    /// Calls a function with each of the items, and gives the results in the order of the items.
    ///
    /// The items go to the workers in chunks; see [`Map`] for their size, for how far the work runs ahead, and for errors.
    /// If a worker dies, the items of its chunk fail, and no others.
    ///
    /// ```
    /// use roundelay::ProcessPool;
    ///
    /// fn is_prime(n: u64) -> bool {
    ///     n > 1 && (2..).take_while(|d| d * d <= n).all(|d| n % d != 0)
    /// }
    ///
    /// roundelay::run(async {
    ///     let pool = ProcessPool::new(2).unwrap();
    ///     let numbers = [112272535095293, 112582705942171, 115280095190773, 115797848077099, 7, 8];
    ///     let answers = pool.map(is_prime, numbers).collect().await.unwrap();
    ///     assert_eq!(answers, [true, true, true, true, true, false]);
    /// });
    /// ```
    #[track_caller]
    pub fn map<A, R>(
        &self,
        function: fn(A) -> R,
        items: impl IntoIterator<Item = A, IntoIter: 'static>,
    ) -> Map<R>
    where
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        self.map_from(function, items, true, Location::caller())
    }

    /// Calls a function with each of the items, and gives the results as they come, chunk by chunk.
    ///
    /// ```
    /// use roundelay::ProcessPool;
    ///
    /// roundelay::run(async {
    ///     let pool = ProcessPool::new(2).unwrap();
    ///     let mut doubled = pool.map_unordered(|n: u8| n * 2, 1..4).collect().await.unwrap();
    ///     doubled.sort();
    ///     assert_eq!(doubled, [2, 4, 6]);
    /// });
    /// ```
    #[track_caller]
    #[doc(alias = "imap_unordered")]
    pub fn map_unordered<A, R>(
        &self,
        function: fn(A) -> R,
        items: impl IntoIterator<Item = A, IntoIter: 'static>,
    ) -> Map<R>
    where
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        self.map_from(function, items, false, Location::caller())
    }

    pub(in crate::pool) fn map_from<A, R>(
        &self,
        function: fn(A) -> R,
        items: impl IntoIterator<Item = A, IntoIter: 'static>,
        ordered: bool,
        submitted: &'static Location<'static>,
    ) -> Map<R>
    where
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        let pool = self.clone();
        Map::new(items, self.max_workers(), ordered, move |chunk: Vec<A>| {
            let (job, count) = (pool.submit_chunk(function, &chunk, submitted), chunk.len());
            async move { outcomes(job.await, count, submitted) }
        })
    }

    fn submit_chunk<A, R>(
        &self,
        function: fn(A) -> R,
        chunk: &Vec<A>,
        submitted: &'static Location<'static>,
    ) -> Job<Vec<ItemOutcome<R>>>
    where
        A: Serialize + DeserializeOwned,
        R: Serialize + DeserializeOwned,
    {
        let pool = &self.owner.0;
        let frame = match pool.queue.is_shut() {
            true => Err(PoolError::Closed { submitted }),
            false => codec::encode_chunk(function, chunk, pool.limit, submitted),
        };
        let name = type_name::<fn(A) -> R>().into();
        enqueue(pool, frame, name, Limits::default(), submitted)
    }
}

/// The outcomes as the map has them: `count` of them, whatever the worker has sent.
fn outcomes<R>(
    result: Result<Vec<ItemOutcome<R>>, PoolError>,
    count: usize,
    submitted: &'static Location<'static>,
) -> ChunkResult<R> {
    let panicked = |(message, location)| PoolError::Panicked {
        message,
        location,
        payload: None,
        submitted,
    };
    let items = result?;
    if items.len() != count {
        return Err(PoolError::Decode {
            what: Payload::Result,
            reason: format!("{} outcomes of {count} items", items.len()),
            submitted,
        });
    }
    let items = items.into_iter();
    Ok(items.map(|item| item.map_err(panicked)).collect())
}
