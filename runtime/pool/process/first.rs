//! Waiting for two things at once: the one helper that slots and lines need beside plain `async`.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

/// Which of the two came.
pub(super) enum First<A, B> {
    /// The one named first.
    This(A),
    /// The other.
    Other(B),
}

/// Waits for whichever comes first, and drops the other. If both are there, `this` wins.
pub(super) async fn first<A, B>(
    this: impl Future<Output = A>,
    other: impl Future<Output = B>,
) -> First<A, B> {
    let (mut this, mut other) = (pin!(this), pin!(other));
    poll_fn(|cx| {
        if let Poll::Ready(output) = this.as_mut().poll(cx) {
            return Poll::Ready(First::This(output));
        }
        other.as_mut().poll(cx).map(First::Other)
    })
    .await
}
