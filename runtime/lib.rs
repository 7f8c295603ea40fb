//! A single-threaded async runtime that reproduces asyncio's event-loop model.
