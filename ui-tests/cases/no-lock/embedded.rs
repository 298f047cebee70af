upr::lock!();

fn main() {}
