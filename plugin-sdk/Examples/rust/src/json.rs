//! JSON, as much as this pusher needs, with a bound on its depth.

pub enum Json {
    Object(Vec<(String, Json)>),
    Array(Vec<Json>),
    Text(String),
    /// Numbers, booleans and null: only that they are there matters here.
    Other,
}

const DEPTH_LIMIT: usize = 32;

impl Json {
    /// Parses a whole text.
    pub fn parse(bytes: &[u8]) -> Option<Json> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut parser = Parser { rest: text };
        let value = parser.value(0)?;
        parser.skip_blanks();
        if parser.rest.is_empty() { Some(value) } else { None }
    }

    /// The member of an object.
    pub fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The members of an object, in their order; none for anything else.
    pub fn members(&self) -> &[(String, Json)] {
        match self {
            Json::Object(members) => members,
            _ => &[],
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn array(&self) -> Option<&[Json]> {
        match self {
            Json::Array(elements) => Some(elements),
            _ => None,
        }
    }
}

impl Drop for Json {
    /// Texts may be secrets.
    fn drop(&mut self) {
        if let Json::Text(text) = self {
            wipe(unsafe { text.as_bytes_mut() });
        }
    }
}

/// Overwrites bytes in a way that the compiler does not take out.
pub fn wipe(bytes: &mut [u8]) {
    for byte in bytes.iter_mut() {
        unsafe { std::ptr::write_volatile(byte, 0) };
    }
}

/// Appends a text as a JSON string.
pub fn append(to: &mut Vec<u8>, text: &str) {
    to.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => to.extend([b'\\', byte]),
            0..=0x1f => to.extend(format!("\\u{:04x}", byte).bytes()),
            _ => to.push(byte),
        }
    }
    to.push(b'"');
}

struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
    }

    fn take(&mut self, expected: char) -> Option<()> {
        self.skip_blanks();
        self.rest = self.rest.strip_prefix(expected)?;
        Some(())
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        self.skip_blanks();
        if depth > DEPTH_LIMIT {
            return None;
        }
        match self.rest.chars().next()? {
            '"' => self.string().map(Json::Text),
            '{' => self.list('{', '}', |parser| {
                parser.skip_blanks();
                let name = parser.string()?;
                parser.take(':')?;
                Some((name, parser.value(depth + 1)?))
            }).map(Json::Object),
            '[' => self.list('[', ']', |parser| parser.value(depth + 1)).map(Json::Array),
            _ => {
                let word = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
                let rest = self.rest.trim_start_matches(word);
                if rest.len() == self.rest.len() {
                    return None;
                }
                self.rest = rest;
                Some(Json::Other)
            }
        }
    }

    fn list<T>(&mut self, open: char, close: char, mut element: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        self.take(open)?;
        let mut elements = Vec::new();
        if self.take(close).is_some() {
            return Some(elements);
        }
        loop {
            elements.push(element(self)?);
            if self.take(close).is_some() {
                return Some(elements);
            }
            self.take(',')?;
        }
    }

    fn string(&mut self) -> Option<String> {
        let mut characters = self.rest.strip_prefix('"')?.chars();
        // As long as the rest at most, so that it does not move and leave a copy of a secret behind.
        let mut text = String::with_capacity(self.rest.len());
        loop {
            match characters.next()? {
                '"' => break,
                '\\' => text.push(match characters.next()? {
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'u' => unicode(&mut characters)?,
                    other if "\"\\/".contains(other) => other,
                    _ => return None,
                }),
                control if control < ' ' => return None,
                other => text.push(other),
            }
        }
        self.rest = characters.as_str();
        Some(text)
    }
}

fn unicode(characters: &mut std::str::Chars) -> Option<char> {
    let unit = |characters: &mut std::str::Chars| {
        (0..4).try_fold(0, |code, _| Some(code << 4 | characters.next()?.to_digit(16)?))
    };
    let high = unit(characters)?;
    if !(0xd800..0xdc00).contains(&high) {
        return char::from_u32(high);
    }
    if characters.next()? != '\\' || characters.next()? != 'u' {
        return None;
    }
    let low = unit(characters)?;
    if !(0xdc00..0xe000).contains(&low) {
        return None;
    }
    char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))
}
