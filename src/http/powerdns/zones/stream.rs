//! Answers that are made piece by piece: a zone may be tens of megabytes long.

use actix_web::{HttpResponse, web};
use futures_util::stream;

use crate::http::powerdns::{Fault, blocking};

/// One piece, and what the next one is made from; `None`: that was the last.
pub type Piece<S> = (Vec<u8>, Option<S>);

/// Answers with the pieces that `next` makes, each on a thread that may wait.
pub fn answer<S, N>(
    response: &mut actix_web::HttpResponseBuilder,
    first: S,
    next: N,
) -> HttpResponse
where
    S: Send + 'static,
    N: Fn(S) -> Result<Piece<S>, Fault> + Clone + Send + 'static,
{
    let pieces = stream::try_unfold(Some(first), move |state| {
        let next = next.clone();
        async move {
            let Some(state) = state else {
                return Ok::<_, Fault>(None);
            };
            let (piece, state) = blocking(move || next(state)).await?;
            Ok(Some((web::Bytes::from(piece), state)))
        }
    });
    response.content_type("application/json").streaming(pieces)
}
