//! Writes key pairs into secrets of HashiCorp Vault or OpenBao (key-value store, version 2).

mod abi;
mod find;
mod json;
mod vault;

use abi::*;
use json::Json;
use std::cell::RefCell;
use std::os::raw::c_void;
use std::panic::{catch_unwind, AssertUnwindSafe};
use vault::{Failure, Place, Vault};

/// How a call ends well.
struct Success {
    outcome: KtOutcome,
    evidence: i32,
    message: String,
    key_id: String,
}

impl Success {
    fn new(outcome: KtOutcome, evidence: i32, place: &Place, what: &str) -> Success {
        Success { outcome, evidence, message: format!("Vault: {}: {}", place.path, what), key_id: String::new() }
    }
}

thread_local! {
    /// The place and the text of this thread's last panic: what `catch_unwind` gives has no place.
    static PANIC: RefCell<String> = RefCell::new(String::new());
}

/// Keeps the place and the text of a panic, instead of writing them to stderr, where nothing may be written.
fn keep_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let text = panic.payload().downcast_ref::<&str>().copied()
            .or_else(|| panic.payload().downcast_ref::<String>().map(String::as_str))
            .unwrap_or("a panic without a text");
        let place = panic.location().map_or(String::new(), |place| format!(" ({}:{})", place.file(), place.line()));
        PANIC.with(|last| *last.borrow_mut() = format!("{}: {}", place, text));
    }));
}

/// Runs a call's work, reports how it ended, and keeps panics on this side of the line. keyturn takes secrets out of the message.
fn perform(call: *const KtCall, work: impl FnOnce() -> Result<Success, Failure>) -> KtOutcome {
    let ended = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let fault = PANIC.with(|last| last.take());
        Err(Failure::new(INTERNAL, format!("Vault: a fault in the pusher itself{}", fault)))
    });
    let (outcome, evidence, retry_after_ms, message, key_id) = match ended {
        Ok(success) => (success.outcome, success.evidence, 0, success.message, success.key_id),
        Err(failure) => (failure.outcome, EVIDENCE_NONE, failure.retry_after_ms, failure.message, String::new()),
    };
    let line: String = message.chars().map(|c| if c < ' ' { ' ' } else { c }).take(500).collect();
    let report = KtReport {
        size: std::mem::size_of::<KtReport>() as u32,
        evidence,
        retry_after_ms,
        message: KtString::lend(line.as_bytes()),
        key_id: KtString::lend(key_id.as_bytes()),
        changed_at: KtString::lend(&[]),
    };
    unsafe { ((*call).report)(call, &report) };
    outcome
}

/// A text field that is not empty; `standard` where it is absent.
fn field(object: &Json, name: &str, standard: Option<&str>, limit: usize) -> Option<String> {
    let text = match object.get(name) {
        Some(value) => value.text()?,
        None => standard?,
    };
    if text.is_empty() || text.len() > limit { None } else { Some(text.to_string()) }
}

fn opened(host: *const KtHost, configuration: &[u8]) -> Result<Vault, Failure> {
    let wrong = |what: &str| Failure::new(INVALID_CONFIG, format!("Vault: configuration: {}", what));
    let http = unsafe { ((*host).service)(host, KtString::new("kt.http/1")) };
    if http.is_null() {
        return Err(Failure::new(UNSUPPORTED, "Vault: this pusher needs kt.http/1"));
    }
    let fields = Json::parse(configuration).ok_or_else(|| wrong("it is not a JSON object"))?;
    let is_visible = |text: &String| text.bytes().all(|byte| (0x21..0x7f).contains(&byte));
    let token = field(&fields, "token", None, 4096).filter(is_visible)
        .ok_or_else(|| wrong("token is missing, or has blanks or line ends in it"))?;
    let endpoint = field(&fields, "endpoint", None, 1024).filter(is_visible)
        .filter(|text| text.starts_with("https://") || text.starts_with("http://"))
        .filter(|text| !text.contains(|c| "?#@\\\"<>^`{|}".contains(c)))
        .ok_or_else(|| wrong("endpoint is missing, or no base URL such as https://vault.example.com:8200"))?;
    Ok(Vault { http: http as *const KtHttp, token, endpoint: endpoint.trim_end_matches('/').to_string() })
}

fn place(target: *const KtTarget) -> Result<Place, Failure> {
    let fields = Json::parse(unsafe { (*target).fields.bytes() });
    let read = |fields: &Json| {
        Some(Place {
            mount: field(fields, "mount", Some("secret"), 256)?,
            path: field(fields, "path", None, 1024)?,
            access_key_id: field(fields, "access-key-id", None, 256)?,
            secret_access_key: field(fields, "secret-access-key", None, 256)?,
        })
    };
    fields.as_ref().and_then(read)
        .ok_or_else(|| Failure::new(INVALID_CONFIG, "Vault: the target's fields are incomplete or too long"))
}

/// A field of what `Vault::read` gave.
fn held<'a>(found: &'a Option<Json>, name: &str) -> Option<&'a str> {
    found.as_ref()?.get("data")?.get("data")?.get(name)?.text()
}

unsafe extern "C" fn open(host: *const KtHost, call: *const KtCall, configuration: KtString, instance: *mut *mut c_void) -> KtOutcome {
    keep_panics();
    perform(call, || {
        let vault = opened(host, configuration.bytes())?;
        *instance = Box::into_raw(Box::new(vault)) as *mut c_void;
        Ok(Success { outcome: OK, evidence: EVIDENCE_NONE, message: String::new(), key_id: String::new() })
    })
}

unsafe extern "C" fn close(instance: *mut c_void) {
    // A panic here has no one to report to.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(Box::from_raw(instance as *mut Vault))));
}

unsafe extern "C" fn check(instance: *mut c_void, call: *const KtCall, target: *const KtTarget) -> KtOutcome {
    let vault = &*(instance as *const Vault);
    perform(call, || {
        let place = place(target)?;
        let what = match vault.read(call, &place)? {
            Some(_) => "the token reads the secret; whether it may write shows at the first push",
            None => "there is no such secret yet; it will be created",
        };
        Ok(Success::new(OK, EVIDENCE_NONE, &place, what))
    })
}

unsafe extern "C" fn push(
    instance: *mut c_void, call: *const KtCall, target: *const KtTarget, pair: *const KtKeyPair,
) -> KtOutcome {
    let vault = &*(instance as *const Vault);
    perform(call, || {
        let text = |string: KtString| std::str::from_utf8(string.bytes()).ok().filter(|text| !text.is_empty());
        let (id, secret) = text((*pair).access_key_id).zip(text((*pair).secret_access_key))
            .ok_or_else(|| Failure::new(INTERNAL, "Vault: the host gave no key pair"))?;
        let place = place(target)?;
        let is_held = |found: &Option<Json>| {
            held(found, &place.access_key_id) == Some(id) && held(found, &place.secret_access_key) == Some(secret)
        };
        let old = vault.read(call, &place)?;
        if is_held(&old) {
            return Ok(Success::new(UNCHANGED, EVIDENCE_READ_BACK, &place, "holds this pair already"));
        }
        // Both fields in one request: whoever reads the secret never sees half a pair.
        vault.write(call, &place, old.is_some(), id, secret)?;
        if !is_held(&vault.read(call, &place)?) {
            let what = "written, but another pair was read back: it is not taken as a yes";
            return Err(Failure::new(RETRYABLE, format!("Vault: {}: {}", place.path, what)));
        }
        Ok(Success::new(OK, EVIDENCE_READ_BACK, &place, "written and read back"))
    })
}

unsafe extern "C" fn inspect(instance: *mut c_void, call: *const KtCall, target: *const KtTarget) -> KtOutcome {
    let vault = &*(instance as *const Vault);
    perform(call, || {
        let place = place(target)?;
        let found = vault.read(call, &place)?;
        let key_id = held(&found, &place.access_key_id)
            .ok_or_else(|| Failure::new(NOT_FOUND, format!("Vault: {}: holds no key ID", place.path)))?;
        let mut success = Success::new(OK, EVIDENCE_NONE, &place, "the key ID was read");
        success.key_id = key_id.to_string();
        Ok(success)
    })
}

static TABLE: KtPusher = KtPusher {
    size: std::mem::size_of::<KtPusher>() as u32,
    abi_minor: ABI_MINOR,
    id: KtString::new("vault-kv"),
    version: KtString::new("1.0.0"),
    summary: KtString::new("Writes key pairs into secrets of Vault or OpenBao (key-value store, version 2)"),
    manifest: KtString::new(include_str!("../manifest.json")),
    open,
    close,
    check,
    push,
    inspect: Some(inspect),
    extension: Some(find::extension),
};

/// The one function that the library exports.
#[no_mangle]
pub extern "C" fn kt_pusher_entry_v1(_host: *const KtHost) -> *const KtPusher {
    &TABLE
}
