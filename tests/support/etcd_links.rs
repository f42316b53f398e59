//! What goes wrong between members of etcd, and with all of them.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::etcd::{Etcd, built};
use super::proxy::{Passing, Proxy};

impl Etcd {
    /// Cuts one member off from another: what they say to each other waits until it passes again.
    pub fn cut(&self, one: usize, other: usize) {
        for (from, to) in [(one, other), (other, one)] {
            let sender = &self.members[from].id;
            assert!(
                !sender.is_empty(),
                "only members that were started linked can be cut"
            );
            let link = self.members[to].link.iter();
            link.for_each(|link| link.set_from(sender, Passing::Waits, Passing::Waits));
        }
    }

    /// Everything passes between members again.
    pub fn pass(&self) {
        self.links().for_each(Proxy::pass);
    }

    /// From now on everything between members takes so long, each way.
    pub fn delay(&self, each_way: Duration) {
        self.links().for_each(|link| link.delay(each_way));
    }

    fn links(&self) -> impl Iterator<Item = &Proxy> {
        self.members
            .iter()
            .filter_map(|member| member.link.as_ref())
    }

    /// Learns by which ids the members know each other: `8211f1d0f64f3269, started, m0, ...`.
    pub(super) fn learn_ids(&mut self) {
        for line in self.ctl(&["member", "list"]).lines() {
            let fields: Vec<_> = line.split(", ").collect();
            let at: usize = fields[2].trim_start_matches('m').parse().unwrap();
            fields[0].clone_into(&mut self.members[at].id);
        }
    }

    /// Kills all members and starts them again with what a backup has, as its documentation says.
    pub fn restore(&mut self, backup: &Path) {
        for at in 0..self.len() {
            self.kill(at);
            std::fs::remove_dir_all(self.data(at)).unwrap();
            let known = format!("http://{}", self.members[at].known());
            let restored = Command::new(built("etcdutl"))
                .args(["snapshot", "restore"])
                .arg(backup)
                .args([
                    "--name",
                    &format!("m{at}"),
                    "--initial-cluster",
                    &self.all(),
                ])
                .args(["--initial-advertise-peer-urls", &known])
                .arg("--data-dir")
                .arg(self.data(at))
                .output()
                .unwrap();
            assert!(restored.status.success(), "{restored:?}");
        }
        self.run_all();
        self.learn_ids();
    }
}
