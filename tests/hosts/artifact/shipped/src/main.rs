//! The program, which says its own catalog.

use host_shipped as _;

upr::application!();

fn main() {
    print!("{}", upr::Registry::global().catalog().to_json());
}
