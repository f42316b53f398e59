//! Tokens: created, listed, revoked, by operators only.

use actix_web::{HttpResponse, web};
use jiff::Timestamp;

use super::shape::{NewToken, RevokedToken, TokenRequest, TokenStatus};
use super::{Code, Problem, json};
use crate::access::{Grant, LastUse, Principal, Token, TokenRecord, check_token_name};
use crate::logging::info;
use crate::store::Store;

/// `GET /api/v1/tokens`.
pub async fn list(store: web::Data<Store>) -> HttpResponse {
    json(all(&store))
}

/// All tokens, without their texts.
pub(in crate::http) fn all(store: &Store) -> Vec<TokenStatus> {
    let now = Timestamp::now();
    let tokens = store.tokens().into_iter();
    tokens
        .map(|(token, last)| status(&token, last, now))
        .collect()
}

fn status(token: &Token, last: Option<LastUse>, now: Timestamp) -> TokenStatus {
    let TokenRecord {
        name,
        grant,
        created,
        created_by,
        ..
    } = token.record().clone();
    TokenStatus {
        name,
        state: match token.scope().expires() {
            Some(expires) if expires <= now => "expired".into(),
            _ => "valid".into(),
        },
        grant,
        created,
        created_by,
        last_used: last.map(|last| last.at),
        last_used_from: last.map(|last| last.from),
    }
}

/// `POST /api/v1/tokens`.
pub async fn create(
    principal: Principal,
    store: web::Data<Store>,
    asked: web::Json<TokenRequest>,
) -> Result<HttpResponse, Problem> {
    let made = created(&principal, &store, asked.into_inner()).await?;
    Ok(HttpResponse::Created().json(made))
}

/// Creates a token.
pub(in crate::http) async fn created(
    principal: &Principal,
    store: &Store,
    asked: TokenRequest,
) -> Result<NewToken, Problem> {
    let (name, grant) = asked.read();
    check_token_name(&name).map_err(Problem::invalid)?;
    let failed =
        |error: crate::access::NoRandomness| Problem::new(Code::StoreFailed, error.to_string());
    let (record, text) = TokenRecord::fresh(&name, grant, principal.to_string()).map_err(failed)?;
    let token = Token::new(record).map_err(Problem::invalid)?;
    let now = Timestamp::now();
    if token
        .scope()
        .expires()
        .is_some_and(|expires| expires <= now)
    {
        return Err(Problem::invalid("expires: that time is past already"));
    }
    let shown = status(&token, None, now);
    if !store.create_token(token).await? {
        let detail = format!("there is a token {name:?} already");
        return Err(Problem::new(Code::TokenExists, detail));
    }
    info!(%principal, "token {name} created by {principal}: {}", in_words(&shown.grant));
    Ok(NewToken {
        token: text,
        status: shown,
    })
}

/// `DELETE /api/v1/tokens/NAME`.
pub async fn revoke(
    principal: Principal,
    store: web::Data<Store>,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let name = name.into_inner();
    revoked(&principal, &store, &name).await?;
    Ok(json(RevokedToken {
        name,
        revoked: true,
    }))
}

/// Revokes a token.
pub(in crate::http) async fn revoked(
    principal: &Principal,
    store: &Store,
    name: &str,
) -> Result<(), Problem> {
    // No other name can be one, and this one goes into the log.
    let known = check_token_name(name).is_ok() && store.revoke_token(name).await?;
    if !known {
        let detail = format!("there is no token {name:?}");
        return Err(Problem::new(Code::UnknownToken, detail));
    }
    info!(%principal, "token {name} revoked by {principal}");
    Ok(())
}

/// A grant as one line of the log.
fn in_words(grant: &Grant) -> String {
    let list = |items: &[String]| match items {
        [] => "all".to_owned(),
        items => items.join(", "),
    };
    format!(
        "{} in zones {}, names {}, types {}",
        list(&grant.actions),
        list(&grant.zones),
        list(&grant.names),
        list(&grant.types)
    )
}

impl TokenRequest {
    /// The name and grant that it asks for.
    fn read(self) -> (String, Grant) {
        let Self {
            name,
            acme,
            zones,
            names,
            types,
            actions,
            from,
            ttl_max,
            expires,
        } = self;
        let all = || vec!["*".to_owned()];
        let preset = match acme {
            true => Grant::acme(all()),
            false => Grant {
                names: all(),
                types: all(),
                actions: vec!["read".to_owned()],
                ..Grant::default()
            },
        };
        let grant = Grant {
            zones: zones.unwrap_or(preset.zones),
            names: names.unwrap_or(preset.names),
            types: types.unwrap_or(preset.types),
            actions: actions.unwrap_or(preset.actions),
            from: from.unwrap_or_default(),
            ttl_max,
            expires,
        };
        (name, grant)
    }
}
