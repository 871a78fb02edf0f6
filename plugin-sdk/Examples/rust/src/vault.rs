//! The requests to Vault's key-value store, version 2, and what each answer means: the part to rewrite for another service.

use crate::abi::*;
use crate::json::{self, Json};

/// What `open` keeps.
pub struct Vault {
    pub http: *const KtHttp,
    pub token: String,
    pub endpoint: String,
}

impl Drop for Vault {
    fn drop(&mut self) {
        json::wipe(unsafe { self.token.as_bytes_mut() });
    }
}

// The service may be used from any thread, and nothing else here changes after `open`.
unsafe impl Sync for Vault {}

/// Where the pair goes: two fields of one secret.
pub struct Place {
    pub mount: String,
    pub path: String,
    pub access_key_id: String,
    pub secret_access_key: String,
}

/// How a call ends, when it does not end well.
pub struct Failure {
    pub outcome: KtOutcome,
    pub message: String,
    pub retry_after_ms: i64,
}

impl Failure {
    pub fn new(outcome: KtOutcome, message: impl Into<String>) -> Failure {
        Failure { outcome, message: message.into(), retry_after_ms: 0 }
    }
}

/// A response, which the host keeps until the plugin's function returns.
struct Answer<'a> {
    status: u32,
    headers: &'a [KtHeader],
    body: Option<Json>,
}

impl Vault {
    /// The secret's fields; None: there is no such secret yet.
    pub fn read(&self, call: *const KtCall, place: &Place) -> Result<Option<Json>, Failure> {
        let answer = self.send(call, "GET", "data", place, &[])?;
        if answer.is_missing_secret() {
            return Ok(None);
        }
        let is_whole = |body: &Json| body.get("data").and_then(|data| data.get("data")).is_some();
        match &answer.body {
            Some(body) if answer.status == 200 && is_whole(body) => Ok(answer.body),
            _ => Err(answer.failure(place)),
        }
    }

    /// The names below a path; those of paths end in a slash.
    pub fn list(&self, call: *const KtCall, place: &Place) -> Result<Vec<String>, Failure> {
        let answer = self.send(call, "GET", "metadata", place, &[])?;
        if answer.is_missing_secret() {
            return Ok(Vec::new());
        }
        let keys = answer.body.as_ref().and_then(|body| body.get("data")?.get("keys")?.array());
        match keys {
            Some(keys) if answer.status == 200 => Ok(keys.iter().filter_map(Json::text).map(String::from).collect()),
            _ => Err(answer.failure(place)),
        }
    }

    /// Writes both fields in one request, and leaves the secret's other fields as they are.
    pub fn write(&self, call: *const KtCall, place: &Place, exists: bool, id: &str, secret: &str) -> Result<(), Failure> {
        // Large enough from the start, so that it does not move and leave a copy of the secret behind.
        let mut body = Vec::with_capacity(1024 + 6 * (id.len() + secret.len() + place.access_key_id.len() + place.secret_access_key.len()));
        body.extend(b"{\"data\":{");
        json::append(&mut body, &place.access_key_id);
        body.push(b':');
        json::append(&mut body, id);
        body.push(b',');
        json::append(&mut body, &place.secret_access_key);
        body.push(b':');
        json::append(&mut body, secret);
        body.extend(b"}}");
        let answer = self.send(call, if exists { "PATCH" } else { "POST" }, "data", place, &body);
        json::wipe(&mut body);
        let answer = answer?;
        let version = answer.body.as_ref().and_then(|body| body.get("data")).and_then(|data| data.get("version"));
        if answer.status == 200 && version.is_some() {
            return Ok(());
        }
        Err(answer.failure(place))
    }

    fn send<'a>(
        &self, call: *const KtCall, method: &'static str, part: &str, place: &Place, body: &[u8],
    ) -> Result<Answer<'a>, Failure> {
        let query = if part == "metadata" { "?list=true" } else { "" };
        let url = format!("{}/v1/{}/{}/{}{}", self.endpoint, encoded(&place.mount), part, encoded(&place.path), query);
        let kind = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        let headers = [
            KtHeader { name: KtString::new("X-Vault-Token"), value: KtString::lend(self.token.as_bytes()) },
            KtHeader { name: KtString::new("X-Vault-Request"), value: KtString::new("true") },
            KtHeader { name: KtString::new("Content-Type"), value: KtString::new(kind) },
        ];
        let request = KtHttpRequest {
            size: std::mem::size_of::<KtHttpRequest>() as u32,
            timeout_ms: 0,
            method: KtString::new(method),
            url: KtString::lend(url.as_bytes()),
            headers: headers.as_ptr(),
            header_count: headers.len() as u64,
            body: KtString::lend(body),
        };
        let response = unsafe { &*((*self.http).send)(call, &request) };
        if response.error != HTTP_OK {
            let why = String::from_utf8_lossy(unsafe { response.error_text.bytes() });
            let outcome = match response.error {
                HTTP_REFUSED => INVALID_CONFIG,
                HTTP_TIMED_OUT => TIMED_OUT,
                HTTP_CANCELLED => CANCELLED,
                _ => RETRYABLE,
            };
            return Err(Failure::new(outcome, format!("Vault: {}: no answer ({})", place.path, why)));
        }
        let headers = if response.headers.is_null() { &[][..] } else {
            unsafe { std::slice::from_raw_parts(response.headers, response.header_count as usize) }
        };
        Ok(Answer { status: response.status, headers, body: Json::parse(unsafe { response.body.bytes() }) })
    }
}

impl Answer<'_> {
    fn errors(&self) -> Option<&[Json]> {
        self.body.as_ref()?.get("errors")?.array()
    }

    /// Whether a 404 is about the secret alone: then Vault names no error. A mount that is not there is named.
    fn is_missing_secret(&self) -> bool {
        let is_deleted = self.body.as_ref().map_or(false, |body| body.get("data").is_some());
        self.status == 404 && (is_deleted || self.errors().map_or(false, |errors| errors.is_empty()))
    }

    fn failure(&self, place: &Place) -> Failure {
        let (outcome, advice) = match self.status {
            401 | 403 => (UNAUTHORIZED, "the token must be allowed to read, create, update and patch this path"),
            404 => (NOT_FOUND, "check mount, and that it is a key-value store of version 2"),
            409 | 412 => (CONFLICT, "someone else writes this secret; run keyturn retry"),
            429 => (RATE_LIMITED, "rate limit"),
            300..=499 => (INVALID_CONFIG, "check endpoint, mount and path"),
            200..=299 => (RETRYABLE, "the answer is not understood, so it is not taken as a yes"),
            _ => (RETRYABLE, "a fault of the service"),
        };
        // What Vault says in "errors" is reported; the rest of a body never is.
        let said = self.errors().and_then(|errors| errors.first()).and_then(Json::text);
        let said = said.map_or(String::new(), |said| format!(" ({})", said.chars().take(200).collect::<String>()));
        let mut failure = Failure::new(outcome, format!("Vault: {}: {}{}: {}", place.path, self.status, said, advice));
        if outcome == RATE_LIMITED {
            failure.retry_after_ms = self.retry_after_ms().unwrap_or(0);
        }
        failure
    }

    fn retry_after_ms(&self) -> Option<i64> {
        let field = self.headers.iter().find(|field| unsafe { field.name.bytes() } == b"retry-after")?;
        let seconds: u32 = std::str::from_utf8(unsafe { field.value.bytes() }).ok()?.parse().ok()?;
        Some((i64::from(seconds) * 1000).min(MAX_RETRY_AFTER_MS))
    }
}

/// Percent-encodes a path's segments; one of dots would be a step up.
fn encoded(path: &str) -> String {
    let segments = path.split('/').map(|segment| {
        let is_dots = segment == "." || segment == "..";
        segment.bytes().map(|byte| match byte {
            b'.' if is_dots => "%2E".to_string(),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => (byte as char).to_string(),
            _ => format!("%{:02X}", byte),
        }).collect::<String>()
    });
    segments.collect::<Vec<_>>().join("/")
}
