use std::net::{IpAddr, Ipv4Addr};

use jiff::Timestamp;

use super::*;
use crate::engine::Memory;
use crate::registry::rules::{Address, Client, Key, Registration, Status};

fn instance(number: u8) -> Instance {
    let ip = IpAddr::V4(Ipv4Addr::new(192, 0, 2, number));
    let key = Key::of("a", &number.to_string());
    Instance {
        registered: Registration::new(key, "a", Address::Ip(ip)),
        owner: Client {
            account: None,
            address: ip,
            is_operator: false,
        },
        maintenance: None,
        created: 1,
        modified: 1,
        critical_since: None,
    }
}

fn writes(number: u8, index: u64) -> Vec<Write> {
    let instance = instance(number);
    let change = Change::new(index, Timestamp::UNIX_EPOCH, Status::Passing, "registered");
    vec![
        Write::Change(instance.key().clone(), change),
        Write::Instance(Box::new(instance)),
    ]
}

#[tokio::test]
async fn what_was_written_is_there_when_it_is_opened_again() {
    let engine = Arc::new(Memory::default());
    let (keeper, found) = Keeper::on(engine.clone()).unwrap();
    assert!(found.instances.is_empty());
    keeper.write(7, writes(1, 7)).await.unwrap();
    keeper.write(9, writes(2, 9)).await.unwrap();
    let gone = vec![
        Write::Forgotten(instance(1).key().clone(), 7),
        Write::Removed(instance(1).key().clone()),
    ];
    keeper.write(10, gone).await.unwrap();
    // What a power loss leaves.
    let (_, found) = Keeper::on(Arc::new(engine.crash())).unwrap();
    assert_eq!(found.index, 10);
    let [(found, changes)] = &found.instances[..] else {
        panic!("{found:?}");
    };
    assert_eq!(found, &instance(2));
    assert_eq!(changes[0].index, 9);
}

#[tokio::test]
async fn what_the_disk_did_not_take_is_said_and_written_with_the_next() {
    let engine = Arc::new(Memory::default());
    let (keeper, _) = Keeper::on(engine.clone()).unwrap();
    engine.break_next_sync();
    let failed = keeper.write(7, writes(1, 7)).await;
    assert!(matches!(failed, Err(KeepError::Write(_))), "{failed:?}");
    keeper.write(8, writes(2, 8)).await.unwrap();
    let (_, found) = Keeper::on(engine).unwrap();
    assert_eq!(found.instances.len(), 2);
}
