//! Walks the list of routes.

use std::net::Ipv4Addr;
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, web};

use super::*;
use crate::access::{Login, Rights};
use crate::http::Settings;
use crate::http::auth::Gate;
use crate::http::powerdns::is_powerdns;
use crate::http::problem::shape::ProblemDetails;
use crate::operations::Operations;

/// All faces.
const ALL: Doors = Doors {
    rest: true,
    acme_dns: true,
    web: true,
};

/// A request of each route that needs a right.
fn requests() -> impl Iterator<Item = (&'static Route, TestRequest)> {
    let routes = all().filter(|route| route.right.is_some() && route.door != Door::Web);
    routes.map(|route| {
        let path = route
            .path
            .replace("{zone:[^/]+}", "a.example")
            .replace("{host:[^/]+}", "da1.example.net")
            .replace("{token:[^/]+}", "certbot")
            .replace("{id:[^/]+}", "a.example.")
            .replace("{kind:[^/]+}", "X-OWN")
            .replace("{type:[a-z0-9-]+}", "txt")
            .replace("{name:[^/]+}", "www")
            .replace("{key:[^/]+}", "1")
            .replace("{command:.*}", "API_DNS_ADMIN");
        let request = TestRequest::with_uri(&path)
            .method(route.method.clone().unwrap_or(Method::POST))
            .peer_addr((Ipv4Addr::LOCALHOST, 1).into());
        (route, request)
    })
}

fn notices() -> web::Data<Notices> {
    web::Data::from(Arc::new(Notices::default()))
}

/// Checks that an answer is an error in the words of the face that was asked.
async fn assert_refused(answer: ServiceResponse, status: u16, code: Code, path: &str) {
    assert_eq!(answer.status(), status, "{path}");
    let body = String::from_utf8(read_body(answer).await.to_vec()).unwrap();
    if is_powerdns(path) {
        let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert!(answer["error"].is_string(), "{path}");
        return;
    }
    // Plain REST answers in JSON, too.
    match is_api(path) || path == "/" || path.starts_with("/{type") {
        true => {
            let problem: serde_json::Value = serde_json::from_str(&body).unwrap();
            assert_eq!(problem["code"], code.as_str(), "{path}");
            assert_eq!(problem["status"], status, "{path}");
            assert!(problem["hint"].is_string(), "{path}");
        }
        false => assert!(body.starts_with("error=1&text="), "{path}: {body}"),
    }
}

#[actix_web::test]
async fn no_route_but_health_answers_without_a_login() {
    let open = all().filter(|route| route.right.is_none());
    let mut open = open.map(|route| route.path);
    assert!(open.all(|path| ["/health", "/token", "/register", "/update"].contains(&path)));
    let settings: Settings = dadns_keys::defaults().unwrap();
    let service = App::new()
        .app_data(notices())
        .app_data(web::Data::new(Gate::new(&settings)))
        .service(with_login(Listener::Only, ALL).wrap(from_fn(auth::require)));
    let service = init_service(service).await;
    for (route, request) in requests() {
        let answer = call_service(&service, request.to_request()).await;
        let challenge = answer.headers().contains_key("www-authenticate");
        assert!(challenge, "{}", route.path);
        assert_refused(answer, 401, Code::NotLoggedIn, route.path).await;
    }
}

/// Middleware: `login` has logged in.
async fn logged_in(
    login: Login,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    request.extensions_mut().insert(Principal::Operator(login));
    next.call(request).await
}

#[actix_web::test]
async fn no_route_answers_without_its_right() {
    for (route, request) in requests() {
        let login = Login {
            name: "anna".into(),
            address: Ipv4Addr::LOCALHOST.into(),
            rights: Rights::ALL.without(route.right.unwrap()),
            scope: None,
        };
        let service = App::new()
            .app_data(notices())
            .service(
                with_login(Listener::Only, ALL).wrap(from_fn(move |request, next| {
                    logged_in(login.clone(), request, next)
                })),
            );
        let service = init_service(service).await;
        let answer = call_service(&service, request.to_request()).await;
        assert_refused(answer, 403, Code::NotAllowed, route.path).await;
    }
}

#[test]
fn what_operators_do_to_no_zone_needs_a_scope_of_all_zones() {
    // These judge each zone that a form names, and who began an operation.
    let judging = ["/web/bulk/", "/web/operations/"];
    for route in all() {
        let operates = matches!(route.right, Some(Right::Operate | Right::Decide));
        let judges = judging.iter().any(|path| route.path.starts_with(path));
        if operates && !route.path.contains("{zone") && !judges {
            assert_ne!(route.reach, auth::Reach::Zone, "{}", route.path);
        }
    }
}

#[actix_web::test]
async fn below_api_a_wrong_path_or_method_is_a_problem() {
    let service = App::new()
        .app_data(notices())
        .service(with_login(Listener::Only, Doors::default()));
    let service = init_service(service).await;
    for (method, path, code) in [
        (Method::GET, "/api/v1/nowhere", Code::NotFound),
        (Method::GET, "/api/v1/verify", Code::MethodNotAllowed),
        (
            Method::PUT,
            "/api/v1/zones/a.example",
            Code::MethodNotAllowed,
        ),
    ] {
        let request = TestRequest::with_uri(path).method(method).to_request();
        let answer = call_service(&service, request).await;
        assert_eq!(answer.status(), code.status(), "{path}");
        let allow = answer.headers().contains_key("allow");
        assert_eq!(allow, code == Code::MethodNotAllowed, "{path}");
        let problem: serde_json::Value = serde_json::from_slice(&read_body(answer).await).unwrap();
        assert_eq!(problem["code"], code.as_str(), "{path}");
    }
    let request = TestRequest::with_uri("/nowhere").to_request();
    let answer = read_body(call_service(&service, request).await).await;
    assert!(answer.starts_with(b"error=1&text=Not+found"));
}

#[actix_web::test]
async fn a_body_that_cannot_be_taken_is_a_problem() {
    let login = Login {
        name: "anna".into(),
        address: Ipv4Addr::LOCALHOST.into(),
        rights: Rights::ALL,
        scope: None,
    };
    let service = App::new()
        .app_data(notices())
        .app_data(web::Data::new(Operations::new().0))
        .service(
            with_login(Listener::Only, ALL).wrap(from_fn(move |request, next| {
                logged_in(login.clone(), request, next)
            })),
        );
    let service = init_service(service).await;
    let json = "application/json";
    for (kind, body, code) in [
        (json, "{".to_owned(), Code::InvalidRequest),
        (json, "{\"zone\": 1}".to_owned(), Code::InvalidRequest),
        (
            json,
            format!("[\"{}\"]", "a".repeat(3 << 20)),
            Code::BodyTooLarge,
        ),
        ("text/plain", "{}".to_owned(), Code::InvalidRequest),
    ] {
        let request = TestRequest::post()
            .uri("/api/v1/verify")
            .insert_header(("content-type", kind))
            .set_payload(body)
            .to_request();
        let answer = call_service(&service, request).await;
        assert_eq!(answer.status(), code.status(), "{kind}");
        let problem: ProblemDetails = serde_json::from_slice(&read_body(answer).await).unwrap();
        assert_eq!(problem.code, code.as_str(), "{problem}");
        assert!(problem.detail.starts_with("invalid request: "), "{problem}");
    }
}
