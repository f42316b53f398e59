//! The token by which members know us.

use std::fmt;

use dadns_keys::Secret;
use parking_lot::Mutex;
use tokio::time::timeout;
use tonic::Status;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic_prost::ProstCodec;

use super::failure::{Failure, Kind, chain};
use super::{ATTEMPT, rpc};
use crate::ledger::LedgerError;
use crate::ledger::etcd::EtcdSettings;
use crate::logging::warning;

pub(super) type Token = MetadataValue<Ascii>;

const AUTHENTICATE: &str = "/etcdserverpb.Auth/Authenticate";

pub(super) struct Login {
    account: Option<(String, Secret)>,
    known: Mutex<Known>,
}

enum Known {
    Nothing,
    Token(Token),
    /// etcd asks nobody.
    Open,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.account.as_ref().map(|(user, _)| user);
        f.debug_struct("Login").field("user", &user).finish()
    }
}

impl Login {
    pub fn new(settings: &EtcdSettings) -> Result<Self, LedgerError> {
        let account = match (&settings.username, &settings.password) {
            (None, None) => None,
            (Some(user), Some(password)) => Some((user.clone(), password.clone())),
            _ => {
                let cause = "one is set without the other: set both or none";
                return Err(LedgerError::new(
                    "cluster.username, cluster.password",
                    cause,
                ));
            }
        };
        let known = Mutex::new(Known::Nothing);
        Ok(Self { account, known })
    }

    /// The token to send. Without one that is known, etcd is asked for it.
    pub async fn token(&self, channel: &Channel) -> Result<Option<Token>, Failure> {
        let Some((user, password)) = &self.account else {
            return Ok(None);
        };
        match &*self.known.lock() {
            Known::Token(token) => return Ok(Some(token.clone())),
            Known::Open => return Ok(None),
            Known::Nothing => {}
        }
        let request = rpc::AuthenticateRequest {
            name: user.clone(),
            password: password.expose().to_owned(),
        };
        let mut grpc = Grpc::new(channel.clone());
        let asked = async {
            let ready = grpc.ready().await;
            ready.map_err(|error| Status::unavailable(chain(&error)))?;
            let path = PathAndQuery::from_static(AUTHENTICATE);
            grpc.unary(tonic::Request::new(request), path, ProstCodec::default())
                .await
        };
        let answer = timeout(ATTEMPT, asked)
            .await
            .map_err(|_| Failure::new(Kind::NotSent, "it lets nobody log in"))?;
        let answer: rpc::AuthenticateResponse = match answer {
            Ok(answer) => answer.into_inner(),
            Err(status) => match Failure::from(&status) {
                failure if failure.kind == Kind::NoLogin => {
                    warning!(
                        "cluster.username is set, but etcd asks nobody to log in: whoever reaches it can change all \
                         zones; see `etcdctl auth enable`"
                    );
                    *self.known.lock() = Known::Open;
                    return Ok(None);
                }
                failure => return Err(failure),
            },
        };
        let token = Token::try_from(answer.token.as_str());
        let mut token =
            token.map_err(|_| Failure::new(Kind::NotSent, "it gave a token that is none"))?;
        token.set_sensitive(true);
        *self.known.lock() = Known::Token(token.clone());
        Ok(Some(token))
    }

    /// Has a token that was refused be asked for again; `false`: there is no account to ask with.
    pub fn forget(&self, refused: Option<Token>) -> bool {
        let mut known = self.known.lock();
        let is_same = match (&*known, &refused) {
            (Known::Token(known), Some(refused)) => known == refused,
            (Known::Open, None) => true,
            _ => false,
        };
        if is_same {
            *known = Known::Nothing;
        }
        self.account.is_some()
    }
}
