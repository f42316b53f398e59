//! bravado makes a client from the Swagger document of the API; Ansible's modules for PowerDNS are built on it.

use std::path::Path;

use crate::client::{client, run};
use crate::needs;
use crate::world::Served::ByBuiltin;
use crate::world::{World, ZONE};

#[test]
fn a_client_made_from_the_swagger_document_finds_every_answer_as_that_says() {
    needs!("swagger/bin/python", "dig");
    let world = World::new(ByBuiltin);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/python/swagger.py");
    let printed = world.while_pushing(|| {
        run(client("swagger/bin/python").arg(&script).args([
            world.url(""),
            world.token.clone(),
            format!("{ZONE}."),
        ]))
    });
    assert!(printed.contains("were answered as it says"), "{printed}");
}
