//! Where the API listens.

use crate::world::{ask_at, operator, start};

#[tokio::test(flavor = "multi_thread")]
async fn the_api_listens_apart_and_then_no_longer_where_masters_push() {
    let world = start("api:\n  listen: [\"127.0.0.1:0\", \"127.0.0.1:0\"]\n").await;
    let masters = world.gateway.address();
    let api = world.gateway.api_addresses().to_vec();
    assert_eq!(api.len(), 2);
    world.push("a.example").await;
    for (target, on_masters, on_api) in [
        ("/api/v1/zones/a.example", 404, 200),
        ("/status", 200, 200),
        ("/health", 200, 200),
        ("/CMD_API_LOGIN_TEST", 200, 404),
    ] {
        for (address, expected) in [(masters, on_masters), (api[0], on_api), (api[1], on_api)] {
            let answer = ask_at(address, &operator(), "GET", target, None).await;
            assert_eq!(answer.status, expected, "{target} at {address}: {answer:?}");
        }
    }
    for (address, expected) in [(masters, 404), (api[0], 200)] {
        let answer = ask_at(address, &operator(), "POST", "/token", None).await;
        assert_eq!(answer.status, expected, "{answer:?}");
    }
    world.gateway.stop().await;
    for address in api {
        assert!(
            std::net::TcpStream::connect(address).is_err(),
            "{address} is still open"
        );
    }
}
