//! Which addresses of the pools are given out.

use super::Book;
use crate::registry::rules::{Address, Instance, Pool, Refused, Registration};

impl Book {
    /// The pools.
    pub fn pools(&self) -> &[Pool] {
        &self.terms.pools
    }

    /// The instances whose addresses are out of a pool, in the order of their keys.
    pub fn of_pool<'b>(&'b self, pool: &'b str) -> impl Iterator<Item = &'b Instance> {
        self.all()
            .filter(move |one| one.registered.pool.as_deref() == Some(pool))
    }

    /// An instance that asks for an address of a pool keeps the one that it has, or else gets one that nobody has.
    pub(super) fn give_address(&self, new: &mut Registration) -> Result<(), Refused> {
        let Some(name) = &new.pool else {
            return Ok(());
        };
        let pool = self.terms.pools.iter().find(|pool| pool.name == *name);
        let pool = pool.ok_or_else(|| Refused::NoPool(name.clone()))?;
        let known = self.entries.get(&new.key);
        let known = known.map(|entry| &entry.instance.registered);
        let known = known.filter(|known| known.pool == new.pool);
        if let Some(Address::Ip(ip)) = known.map(|known| &known.address)
            && pool.has(*ip)
        {
            new.address = Address::Ip(*ip);
            return Ok(());
        }
        let free = pool.free(&new.key, |ip| self.addresses.contains_key(&ip));
        let free = free.ok_or_else(|| Refused::PoolIsEmpty(name.clone()))?;
        new.address = Address::Ip(free);
        Ok(())
    }
}
