fn main() {
    println!("cargo:rerun-if-changed=migrations");
    #[cfg(feature = "node")]
    napi_build::setup();
}
