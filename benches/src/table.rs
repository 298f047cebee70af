//! Figures as a table in Markdown.

use std::fmt;

/// Rows under a head; columns are as wide as they must be.
#[derive(Clone, Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn new(head: &[&str]) -> Self {
        let head = head.iter().map(|cell| (*cell).to_owned()).collect();
        Self { rows: vec![head] }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, row) in self.rows.iter().enumerate() {
            for (column, cell) in row.iter().enumerate() {
                write!(f, "| {cell:<width$} ", width = self.width(column))?;
            }
            writeln!(f, "|")?;
            if number == 0 {
                for column in 0..row.len() {
                    write!(f, "| {} ", "-".repeat(self.width(column)))?;
                }
                writeln!(f, "|")?;
            }
        }
        Ok(())
    }
}

/// `1.23 ≤ 2.00 yes`: a figure, its budget, and whether it is kept.
#[must_use]
pub fn within(figure: f64, budget: f64) -> String {
    let verdict = if figure <= budget { "yes" } else { "NO" };
    format!("{figure:.2} ≤ {budget:.2} {verdict}")
}
