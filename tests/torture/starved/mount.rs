//! Small disks, for those who may mount one.

use std::path::{Path, PathBuf};

use crate::host::{left_out, run};

/// A mounted disk, until it is dropped.
pub struct Mount {
    at: PathBuf,
}

impl Mount {
    /// A disk in memory of so many MiB; `None`: this user may not mount.
    pub fn memory(test: &str, at: &Path, mib: u32) -> Option<Self> {
        let size = format!("size={mib}m");
        Self::mounted(test, at, &["-t", "tmpfs", "-o", &size, "tmpfs"])
    }

    /// The disk in the file `image`; one that finds an error goes on read-only.
    pub fn image(test: &str, at: &Path, image: &Path) -> Option<Self> {
        let image = image.to_str()?;
        Self::mounted(test, at, &["-o", "loop,errors=remount-ro", image])
    }

    fn mounted(test: &str, at: &Path, arguments: &[&str]) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let arguments = [arguments, &[at.to_str()?]].concat();
        match run("mount", &arguments) {
            Ok(_) => Some(Self { at: at.into() }),
            Err(why) => {
                left_out(test, &why);
                None
            }
        }
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Lazily: whoever has files open there keeps them.
        let _ = run("umount", &["-l", self.at.to_str().unwrap_or_default()]);
    }
}
