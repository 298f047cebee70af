use super::output::write_if_changed;
use super::{Build, BuildError};

#[test]
fn a_file_that_stands_as_it_should_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/upr-catalog.json");
    write_if_changed(&path, "one").unwrap();
    let written = std::fs::metadata(&path).unwrap().modified().unwrap();
    write_if_changed(&path, "one").unwrap();
    assert_eq!(
        std::fs::metadata(&path).unwrap().modified().unwrap(),
        written
    );
    write_if_changed(&path, "two").unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
    let names: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(names.len(), 1, "nothing else is left behind");
}

#[test]
fn outside_of_a_build_script_it_says_so() {
    let error = Build::new().try_run().unwrap_err();
    assert_eq!(error, BuildError::NoBuildScript("TARGET"));
    assert!(error.to_string().contains("build script"));
}
