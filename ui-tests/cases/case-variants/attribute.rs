#[upr::module(actions(export, "Export"))]
pub struct Users;

#[upr::module(allow_case_variants, actions(export, "Export"(const = EXPORT_ALL)))]
pub struct Reports;

fn main() {}
