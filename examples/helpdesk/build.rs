//! Writes the catalog of the help desk's permissions from its sources, and refuses a build without published ones.

fn main() {
    upr::build::Build::new().check().run();
}
