//! Every committed seed, once through its body.

#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

use upr_fuzz_replay::TARGETS;

fn seeds(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../seeds")
        .join(target);
    let entries =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| (path.clone(), fs::read(path).unwrap());
    paths.into_iter().map(read).collect()
}

#[test]
fn every_seed_passes() {
    for (target, body) in TARGETS {
        let seeds = seeds(target);
        assert!(seeds.len() >= 5, "`{target}` has seeds");
        for (path, data) in seeds {
            println!("{}", path.display());
            body(&data);
        }
    }
}

/// Between a seed and the next one lie most of the mistakes: each is cut at every length, and each of its bytes is changed.
#[test]
fn what_is_left_of_a_seed_passes() {
    for (target, body) in TARGETS {
        for (path, data) in seeds(target) {
            println!("{}", path.display());
            // Inputs that go through files are slower, and large.
            let step = (data.len() / 40).max(1);
            for at in (0..data.len()).step_by(step) {
                body(&data[..at]);
                let mut changed = data.clone();
                changed[at] ^= 1 << (at % 8);
                body(&changed);
                changed.remove(at);
                body(&changed);
            }
        }
    }
}
