//! What became of the items of a chunk: a value each, or an error that knows the item.

use super::ChunkResult;
use crate::pool::error::PoolError;
use std::error::Error;
use std::fmt;
use std::ops::Range;
use std::panic::Location;
use std::sync::Arc;

/// The outcomes of a chunk's items from what its job gave.
pub(super) fn outcomes<R>(result: ChunkResult<R>, chunk: Range<usize>) -> Vec<Result<R, MapError>> {
    let error = |index: usize, error: Arc<PoolError>| MapError {
        index,
        chunk: chunk.clone(),
        error,
    };
    match result {
        Ok(items) => {
            let items = chunk.clone().zip(items);
            items
                .map(|(index, item)| item.map_err(|e| error(index, Arc::new(e))))
                .collect()
        }
        Err(all) => {
            let all = Arc::new(all);
            let items = chunk.clone();
            items.map(|index| Err(error(index, all.clone()))).collect()
        }
    }
}

/// Why an item of a `map` gave no value.
#[derive(Clone, Debug)]
pub struct MapError {
    index: usize,
    chunk: Range<usize>,
    error: Arc<PoolError>,
}

impl MapError {
    /// The error of a map that has come to no item.
    #[cfg(feature = "process")]
    pub(in crate::pool) fn of_none(error: PoolError) -> MapError {
        MapError {
            index: 0,
            chunk: 0..0,
            error: Arc::new(error),
        }
    }

    /// Returns the item's position, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Returns the positions of the items that went to a worker together. Unless the error is a panic, it is that of all
    /// of them.
    pub fn chunk(&self) -> Range<usize> {
        self.chunk.clone()
    }

    /// Returns the pool's error.
    pub fn error(&self) -> &PoolError {
        &self.error
    }

    /// Returns the line that called `map`.
    pub fn submitted(&self) -> &'static Location<'static> {
        self.error.submitted()
    }
}

impl fmt::Display for MapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Range { start, end } = self.chunk;
        write!(
            f,
            "item {} of a map (in the chunk {start}..{end}): {}",
            self.index, self.error
        )
    }
}

impl Error for MapError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.error)
    }
}
