//! The body of a request, whole: not larger than is allowed, and not later.

use std::time::Duration;

use actix_web::{FromRequest, HttpRequest, web};

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
            reason: format!("the request could not be read: {error}"),
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

#[cfg(test)]
mod tests {
    use std::pin::Pin;

    use actix_web::dev::Payload;
    use actix_web::error::PayloadError;
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
