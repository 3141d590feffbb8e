//! Refuses SQL texts that could exhaust the parser or the planner, before either sees them.
//!
//! A text passes when its bytes, its tokens, the operators of one chain and its nesting stay within
//! [`daymark_model::limits`]. Parser and planner recurse along chains and nesting, so both are bounded by
//! counting tokens; nothing here judges what the query means.

use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};
use daymark_model::limits::{SQL_DEPTH, SQL_OPERATOR_CHAIN, SQL_TEXT_BYTES, SQL_TOKENS};
use daymark_view::error::{AskError, Code};

pub(crate) fn precheck(sql: &str) -> Result<(), AskError> {
    if sql.len() > SQL_TEXT_BYTES {
        return Err(over("bytes of text", sql.len(), SQL_TEXT_BYTES));
    }
    let tokens = Tokenizer::new(&GenericDialect {}, sql)
        .tokenize()
        .map_err(|error| AskError::new(Code::BadQuery, error.to_string()))?;
    let mut words = 0;
    let mut shape = Shape::default();
    for token in tokens.iter().filter(|token| !matches!(token, Token::Whitespace(_))) {
        words += 1;
        if words > SQL_TOKENS {
            return Err(over("tokens", tokens.len(), SQL_TOKENS));
        }
        shape.take(token)?;
    }
    Ok(())
}

fn over(what: &str, found: usize, limit: usize) -> AskError {
    AskError::new(Code::BadQuery, format!("the query has {found} {what}; the limit is {limit}"))
}

/// What is counted at one level of nesting.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    /// Operators since the expression began.
    chain: usize,
    /// Joins and set operations: they nest however the expressions between them end.
    relations: usize,
    /// Opened by CASE, so END closes it.
    is_case: bool,
}

#[derive(Debug, Default)]
struct Shape {
    outer: Vec<Level>,
    here: Level,
    /// The last token was an operator: a keyword that follows is a name, and ends nothing.
    wants_operand: bool,
}

impl Shape {
    fn take(&mut self, token: &Token) -> Result<(), AskError> {
        let wanted_operand = std::mem::take(&mut self.wants_operand);
        match token {
            Token::LParen | Token::LBracket | Token::LBrace => self.open(false)?,
            Token::RParen | Token::RBracket | Token::RBrace => self.close_bracket(),
            Token::Comma | Token::SemiColon => self.here.chain = 0,
            Token::Word(word) => self.word(word.keyword, wanted_operand)?,
            Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::DoubleQuotedString(_)
            | Token::Placeholder(_)
            | Token::Period
            | Token::EOF => {}
            _ => self.operator(),
        }
        if self.here.chain > SQL_OPERATOR_CHAIN {
            return Err(over("operators in one chain", self.here.chain, SQL_OPERATOR_CHAIN));
        }
        if self.here.relations > SQL_OPERATOR_CHAIN {
            return Err(over("joins and set operations", self.here.relations, SQL_OPERATOR_CHAIN));
        }
        Ok(())
    }

    fn operator(&mut self) {
        self.here.chain += 1;
        self.wants_operand = true;
    }

    fn open(&mut self, is_case: bool) -> Result<(), AskError> {
        self.here.chain += 1;
        self.outer.push(self.here);
        self.here = Level { is_case, ..Level::default() };
        if self.outer.len() > SQL_DEPTH {
            return Err(over("levels of nesting", self.outer.len(), SQL_DEPTH));
        }
        Ok(())
    }

    fn close(&mut self) {
        if let Some(outer) = self.outer.pop() {
            self.here = outer;
        }
    }

    fn close_bracket(&mut self) {
        while self.here.is_case {
            self.close();
        }
        self.close();
    }

    fn word(&mut self, keyword: Keyword, wanted_operand: bool) -> Result<(), AskError> {
        match keyword {
            Keyword::CASE => self.open(true)?,
            Keyword::END if self.here.is_case => self.close(),
            Keyword::NOT | Keyword::INTERVAL | Keyword::PRIOR | Keyword::EXISTS => self.operator(),
            _ if wanted_operand => {}
            Keyword::SELECT
            | Keyword::FROM
            | Keyword::WHERE
            | Keyword::GROUP
            | Keyword::ORDER
            | Keyword::HAVING
            | Keyword::LIMIT
            | Keyword::ON
            | Keyword::WHEN
            | Keyword::THEN
            | Keyword::ELSE => self.here.chain = 0,
            Keyword::UNION | Keyword::INTERSECT | Keyword::EXCEPT | Keyword::JOIN | Keyword::EXPLAIN => {
                self.here.chain = 0;
                self.here.relations += 1;
            }
            Keyword::AND
            | Keyword::OR
            | Keyword::XOR
            | Keyword::IN
            | Keyword::IS
            | Keyword::LIKE
            | Keyword::ILIKE
            | Keyword::SIMILAR
            | Keyword::BETWEEN
            | Keyword::DIV
            | Keyword::COLLATE
            | Keyword::AT => self.operator(),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
