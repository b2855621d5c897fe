//! Gives the core a fingerprint of its own source: files compiled by another one are not read, whatever its version says.

use std::path::{Path, PathBuf};

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed=src");
    let mut files = Vec::new();
    collect(Path::new("src"), &mut files)?;
    files.sort();
    let mut hash = 0xCBF2_9CE4_8422_2325;
    for file in files {
        // Paths are part of it in the same spelling everywhere.
        let name = file.to_string_lossy().replace('\\', "/");
        add(&mut hash, name.as_bytes());
        add(&mut hash, &std::fs::read(&file)?);
    }
    println!("cargo:rustc-env=LEXEL_SOURCE_FINGERPRINT={hash}");
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// FNV-1a.
fn add(hash: &mut u64, bytes: &[u8]) {
    for &byte in bytes.iter().chain(&[0xFF]) {
        *hash = (*hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
    }
}
