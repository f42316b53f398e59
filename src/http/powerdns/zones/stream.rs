//! Answers that are made piece by piece: a zone may be tens of megabytes long.

use actix_web::http::Version;
use actix_web::{HttpResponse, HttpResponseBuilder, web};
use futures_util::stream;

use crate::http::powerdns::{Fault, blocking};

/// One piece, and what the next one is made from; `None`: that was the last.
pub type Piece<S> = (Vec<u8>, Option<S>);

/// Answers with the pieces that `next` makes, each on a thread that may wait. A single one, and all of them
/// where the client speaks a `version` without chunks, are sent whole.
pub async fn answer<S, N>(
    version: Version,
    response: &mut HttpResponseBuilder,
    first: S,
    next: N,
) -> Result<HttpResponse, Fault>
where
    S: Send + 'static,
    N: Fn(S) -> Result<Piece<S>, Fault> + Clone + Send + 'static,
{
    response.content_type("application/json");
    let make = next.clone();
    let (mut whole, mut rest) = blocking(move || make(first)).await?;
    while version < Version::HTTP_11
        && let Some(state) = rest
    {
        let make = next.clone();
        let (piece, after) = blocking(move || make(state)).await?;
        whole.extend_from_slice(&piece);
        rest = after;
    }
    let Some(second) = rest else {
        return Ok(response.body(whole));
    };
    let begun = stream::once(async move { Ok::<_, Fault>(web::Bytes::from(whole)) });
    let pieces = stream::try_unfold(Some(second), move |state| {
        let next = next.clone();
        async move {
            let Some(state) = state else {
                return Ok::<_, Fault>(None);
            };
            let (piece, state) = blocking(move || next(state)).await?;
            Ok(Some((web::Bytes::from(piece), state)))
        }
    });
    Ok(response.streaming(futures_util::StreamExt::chain(begun, pieces)))
}
