//! The engine's own tokio runtime; napi's ends with the last isolate that used it.

use std::sync::LazyLock;

use tokio::runtime::{Builder, Handle, Runtime};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    // Wakers of the runtime point into this library: it must not be unloaded with an isolate.
    napi::bindgen_prelude::retain_current_module_for_unload_safety();
    Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("eram")
        .enable_all()
        .build()
        .expect("the operating system gives two threads")
});

pub fn handle() -> &'static Handle {
    RUNTIME.handle()
}
