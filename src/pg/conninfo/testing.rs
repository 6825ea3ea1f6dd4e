//! For tests: a folder that is removed with its owner.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

pub struct Folder(PathBuf);

/// Creates an empty folder.
pub fn folder() -> Folder {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("eram-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let path = std::env::temp_dir().join(name);
    std::fs::create_dir(&path).expect("a new folder");
    Folder(path)
}

impl Folder {
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file that only its owner may read.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the file's folder");
        secret(path, text)
    }
}

/// Writes a file that only its owner may read.
pub fn secret(path: PathBuf, text: &str) -> PathBuf {
    std::fs::write(&path, text).expect("a new file");
    #[cfg(unix)]
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("its permissions");
    path
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
