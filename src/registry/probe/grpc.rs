//! One call of the gRPC health protocol: `grpc.health.v1.Health/Check`
//! (<https://github.com/grpc/grpc/blob/master/doc/health-checking.md>).

use std::future::{Ready, ready};
use std::io;
use std::task::{Context, Poll};

use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tonic::client::Grpc;
use tonic::codegen::Service;
use tonic::codegen::http::Uri;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Endpoint;
use tonic::{Code, Request};
use tonic_prost::ProstCodec;

use super::Found;
use crate::registry::rules::Status;

const CHECK: &str = "/grpc.health.v1.Health/Check";

/// Most octets of an answer, which is one number.
const MOST: usize = 4_096;

/// `HealthCheckRequest`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Question {
    /// The service that is asked for; empty: all of the server.
    #[prost(string, tag = "1")]
    pub service: String,
}

/// `HealthCheckResponse`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Answer {
    /// Its `ServingStatus`: 1 is `SERVING`.
    #[prost(int32, tag = "1")]
    pub status: i32,
}

/// Asks over `stream`, which leads to `endpoint`.
pub(super) async fn ask<S>(
    stream: S,
    endpoint: &str,
    service: &str,
    is_tls: bool,
) -> Result<Found, String>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let failed = |error: &dyn std::fmt::Display| format!("gRPC {endpoint}: {error}");
    let scheme = if is_tls { "https" } else { "http" };
    let origin: Uri = match format!("{scheme}://{endpoint}").parse() {
        Ok(origin) => origin,
        Err(error) => return Err(failed(&error)),
    };
    // The connection is there already, so that this address is never looked up; TLS is below it.
    let channel = Endpoint::from_static("http://127.0.0.1")
        .origin(origin)
        .connect_with_connector(Once(Some(TokioIo::new(stream))))
        .await
        .map_err(|error| failed(&error))?;
    let mut grpc = Grpc::new(channel).max_decoding_message_size(MOST);
    grpc.ready().await.map_err(|error| failed(&error))?;
    let question = Request::new(Question {
        service: service.to_owned(),
    });
    let codec = ProstCodec::<Question, Answer>::default();
    let asked = grpc.unary(question, PathAndQuery::from_static(CHECK), codec);
    let said = match asked.await {
        Ok(answer) => match answer.into_inner().status {
            1 => return Ok((Status::Passing, format!("gRPC check {endpoint}: success"))),
            2 => "NOT_SERVING".to_owned(),
            3 => "SERVICE_UNKNOWN".to_owned(),
            other => format!("status {other}"),
        },
        Err(status) if status.code() == Code::NotFound => {
            format!("it knows no service {service:?}")
        }
        Err(status) if status.code() == Code::Unimplemented => {
            "it does not speak the health protocol".to_owned()
        }
        Err(status) => {
            return Err(failed(&format_args!(
                "{:?}: {}",
                status.code(),
                status.message()
            )));
        }
    };
    Ok((Status::Critical, format!("gRPC check {endpoint}: {said}")))
}

/// Connects once: with what is connected already.
struct Once<S>(Option<TokioIo<S>>);

impl<S> Service<Uri> for Once<S> {
    type Response = TokioIo<S>;
    type Error = io::Error;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        ready(self.0.take().ok_or(io::ErrorKind::NotConnected.into()))
    }
}
