//! The body of a request, whole: not larger than is allowed, and not later.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ResponseHead, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, web};

/// Why the body of a request could not be had.
#[derive(Debug)]
pub struct Unread {
    /// The status to answer with.
    pub status: u16,
    /// What went wrong.
    pub reason: String,
}

/// Reads the body of `request`, which may take as long as `within`: the server meters only how long
/// a head takes, so that a client that stalls would keep its connection for ever.
pub async fn read(
    request: &HttpRequest,
    payload: web::Payload,
    within: Duration,
) -> Result<web::Bytes, Unread> {
    let mut payload = payload.into_inner();
    let whole = web::Bytes::from_request(request, &mut payload);
    match tokio::time::timeout(within, whole).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) => Err(Unread {
            status: error.as_response_error().status_code().as_u16(),
            reason: format!("the request could not be read: {}", in_words(&error)),
        }),
        Err(_) => Err(Unread {
            status: 408,
            reason: format!(
                "the request could not be read: it was not whole after {} s",
                within.as_secs()
            ),
        }),
    }
}

/// What went wrong with a body, for who sent it and for the operator.
fn in_words(error: &actix_web::Error) -> String {
    match error.as_error() {
        Some(PayloadError::Overflow) => {
            "its body is larger than app.max_body_bytes of the DNS gateway".to_owned()
        }
        Some(PayloadError::Incomplete(_)) => {
            "the connection was closed before its body was whole".to_owned()
        }
        _ => error.to_string(),
    }
}

/// An answer that owns what was not read of its request.
///
/// For a rest that was dropped actix keeps the connection until it has come, which for chunks is as
/// long as the client likes; for one that still exists it closes the connection.
struct WithRest {
    answer: BoxBody,
    _rest: Payload,
}

impl WithRest {
    /// Has an answer own `rest`.
    fn of(rest: Payload) -> impl FnOnce(&mut ResponseHead, BoxBody) -> BoxBody {
        |_, answer| {
            BoxBody::new(Self {
                answer,
                _rest: rest,
            })
        }
    }
}

impl MessageBody for WithRest {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.answer.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<web::Bytes, Self::Error>>> {
        Pin::new(&mut self.answer).poll_next(context)
    }
}

/// Answers without reading the body, and closes the connection if there is one.
pub fn unread(mut request: ServiceRequest, response: HttpResponse) -> ServiceResponse<BoxBody> {
    let rest = request.take_payload();
    request.into_response(response).map_body(WithRest::of(rest))
}

/// Middleware for what needs no body: none is read.
pub async fn ignore(
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let rest = request.take_payload();
    Ok(next.call(request).await?.map_body(WithRest::of(rest)))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use futures_util::{Stream, StreamExt, stream};

    use super::*;

    type BoxedPayloadStream = Pin<Box<dyn Stream<Item = Result<web::Bytes, PayloadError>>>>;

    async fn read_from(payload: Payload) -> Result<web::Bytes, Unread> {
        let (request, _) = TestRequest::default().to_http_parts();
        let payload = web::Payload::from_request(&request, &mut { payload }).await;
        read(&request, payload.unwrap(), Duration::from_millis(20)).await
    }

    #[actix_web::test]
    async fn a_body_that_stalls_is_given_up() {
        let start = stream::iter([Ok(web::Bytes::from_static(b"$TTL 1"))]);
        let stalled = start.chain(stream::pending());
        let payload: BoxedPayloadStream = Box::pin(stalled);
        assert_eq!(
            read_from(Payload::Stream { payload })
                .await
                .unwrap_err()
                .status,
            408
        );
    }

    #[actix_web::test]
    async fn a_body_that_comes_is_read_whole() {
        let payload = Payload::from(web::Bytes::from_static(b"$TTL 1\n"));
        assert_eq!(&read_from(payload).await.unwrap()[..], b"$TTL 1\n");
    }
}
