//! A plugin of ABI version 1.0, whose structs were written down in Rust then: `abi.rs` next to this file.
//! It uses every service and every function that there was.
#![allow(clippy::missing_safety_doc)]

mod abi;

use abi::*;
use std::os::raw::c_void;

struct Instance {
    http: *const KtHttp,
    aws: *const KtAws,
    log: *const KtLog,
    secret: *const KtSecret,
    clock: *const KtClock,
    token: String,
    endpoint: String,
}

/// The value of a text field, without escapes but that of the slash.
fn field(json: KtString, name: &str) -> Option<String> {
    let text = std::str::from_utf8(unsafe { json.bytes() }).ok()?;
    let start = text.find(&format!("\"{}\":\"", name))? + name.len() + 4;
    let end = text[start..].find('"')? + start;
    Some(text[start..end].replace("\\/", "/"))
}

fn report(call: *const KtCall, evidence: i32, message: &'static str, key_id: &'static str) {
    let report = KtReport {
        size: 64,
        evidence,
        retry_after_ms: 0,
        message: KtString::new(message),
        key_id: KtString::new(key_id),
        changed_at: KtString::new("2026-11-22T10:00:00Z"),
    };
    if let Some(function) = unsafe { (*call).report } {
        unsafe { function(call, &report) };
    }
}

unsafe extern "C" fn open(
    host: *const KtHost, call: *const KtCall, configuration: KtString, instance: *mut *mut c_void,
) -> KtOutcome {
    let find = |id| (*host).service.map_or(std::ptr::null(), |find| find(host, KtString::new(id)));
    let (http, aws, log) = (find("kt.http/1"), find("kt.aws/1"), find("kt.log/1"));
    let (secret, clock) = (find("kt.secret/1"), find("kt.clock/1"));
    let is_whole = ![http, aws, log, secret, clock].iter().any(|service| service.is_null());
    let (token, endpoint) = match (field(configuration, "token"), field(configuration, "endpoint")) {
        (Some(token), Some(endpoint)) if is_whole => (token, endpoint),
        _ => {
            report(call, EVIDENCE_NONE, "v1.0: a service or a field is missing", "");
            return INVALID_CONFIG;
        }
    };
    *instance = Box::into_raw(Box::new(Instance {
        http: http as *const KtHttp,
        aws: aws as *const KtAws,
        log: log as *const KtLog,
        secret: secret as *const KtSecret,
        clock: clock as *const KtClock,
        token,
        endpoint,
    })) as *mut c_void;
    OK
}

unsafe extern "C" fn close(instance: *mut c_void) {
    drop(Box::from_raw(instance as *mut Instance));
}

impl Instance {
    /// A request about a place: a body is written, or without one `read-back/PLACE` is read, which the service repeats.
    unsafe fn ask(&self, call: *const KtCall, place: &str, body: &[u8]) -> KtOutcome {
        let url = format!("{}/{}{}", self.endpoint, if body.is_empty() { "read-back/" } else { "" }, place);
        let headers = [KtHeader { name: KtString::new("authorization"), value: KtString::lend(self.token.as_bytes()) }];
        let request = KtHttpRequest {
            size: 72,
            timeout_ms: 5000,
            method: KtString::new(if body.is_empty() { "GET" } else { "PUT" }),
            url: KtString::lend(url.as_bytes()),
            headers: headers.as_ptr(),
            header_count: 1,
            body: KtString::lend(body),
        };
        let response = &*((*self.http).send)(call, &request);
        let is_right = !body.is_empty() || response.body.bytes() == place.as_bytes();
        if response.error == HTTP_OK && response.status == 200 && is_right { OK } else { RETRYABLE }
    }

    unsafe fn ask_aws(&self, call: *const KtCall) -> KtOutcome {
        let request = KtAwsRequest {
            size: 56,
            timeout_ms: 5000,
            operation: KtString::new("ssm:GetParameter"),
            region: KtString::new(""),
            body: KtString::new("{\"Name\":\"good\"}"),
        };
        let response = &*((*self.aws).send)(call, &request);
        if response.error == HTTP_OK && response.status == 200 { OK } else { RETRYABLE }
    }
}

unsafe extern "C" fn check(_instance: *mut c_void, call: *const KtCall, _target: *const KtTarget) -> KtOutcome {
    report(call, EVIDENCE_NONE, "v1.0: it would work", "");
    OK
}

unsafe extern "C" fn push(
    instance: *mut c_void, call: *const KtCall, target: *const KtTarget, pair: *const KtKeyPair,
) -> KtOutcome {
    let instance = &*(instance as *const Instance);
    let clock = &*instance.clock;
    if (clock.remaining_ms)(call) <= 0 || (clock.now_ms)() <= 0 || (clock.cancelled)(call) != 0 {
        return INTERNAL;
    }
    if (clock.sleep_ms)(call, 1) != 0 {
        return CANCELLED;
    }
    let place = match field((*target).fields, "place") {
        Some(place) => place,
        None => return INVALID_CONFIG,
    };
    let (id, secret) = ((*pair).access_key_id.bytes(), (*pair).secret_access_key.bytes());
    let length = id.len() + 1 + secret.len();
    let memory = ((*instance.secret).allocate)(length as u64);
    if memory.is_null() {
        return INTERNAL;
    }
    let body = std::slice::from_raw_parts_mut(memory as *mut u8, length);
    body[..id.len()].copy_from_slice(id);
    body[id.len()] = b':';
    body[id.len() + 1..].copy_from_slice(secret);
    let asks_aws = field((*target).fields, "do").map_or(false, |what| what == "aws");
    let mut outcome = if asks_aws { instance.ask_aws(call) } else { OK };
    if outcome == OK {
        outcome = instance.ask(call, &place, body);
    }
    ((*instance.secret).wipe)(memory, length as u64);
    ((*instance.secret).release)(memory, length as u64);
    ((*instance.log).write)(call, LOG_WARNING, KtString::new("v1.0: asked"));
    report(call, EVIDENCE_READ_BACK, if outcome == OK { "v1.0: written" } else { "v1.0: not written" }, "");
    outcome
}

unsafe extern "C" fn inspect(instance: *mut c_void, call: *const KtCall, target: *const KtTarget) -> KtOutcome {
    let instance = &*(instance as *const Instance);
    let outcome = instance.ask(call, &field((*target).fields, "place").unwrap_or_default(), &[]);
    report(call, EVIDENCE_NONE, "v1.0: read", if outcome == OK { "AKIAFROZEN0000000001" } else { "" });
    outcome
}

/// A place without what only `below` has.
fn place(name: &'static str, fields: &'static str, key_id: &str) -> KtFoundPlace {
    let empty = KtString::new("");
    KtFoundPlace {
        size: 128,
        reserved: 0,
        place: KtString::new(name),
        fields: KtString::new(fields),
        key_id: KtString::lend(key_id.as_bytes()),
        changed_at: KtString::new("2026-11-22T10:00:00Z"),
        names: empty,
        audience: empty,
        state: empty,
        level: 0,
        reserved_2: 0,
    }
}

/// Next to the target there is a place with the key ID that the target's field "do" has.
unsafe extern "C" fn around(
    _instance: *mut c_void, call: *const KtCall, target: *const KtTarget, found: *const KtFound,
) -> KtOutcome {
    let key_id = field((*target).fields, "do").unwrap_or_default();
    ((*found).place)(call, &place("next", "{\"place\":\"next\"}", &key_id));
    OK
}

/// The operator's scope has a place and one scope below it, which has a part that is not seen.
unsafe extern "C" fn below(
    _instance: *mut c_void, call: *const KtCall, scope: *const KtScope, found: *const KtFound,
) -> KtOutcome {
    if field((*scope).fields, "depth").is_some() {
        let gap = KtFoundGap {
            size: 40,
            outcome: UNAUTHORIZED,
            part: KtString::new("the old cellar"),
            message: KtString::new("v1.0: the token may not see it"),
        };
        ((*found).gap)(call, &gap);
        return OK;
    }
    let mut place = place("old/place", "{\"place\":\"old\"}", "AKIAFROZEN0000000003");
    place.names = KtString::new("[\"OLD_ID\",\"OLD_SECRET\"]");
    place.audience = KtString::new("deploy");
    place.state = KtString::new("archived");
    place.level = 3;
    ((*found).place)(call, &place);
    let fields = KtString::new("{\"depth\":\"1\"}");
    ((*found).scope)(call, &KtScope { size: 40, reserved: 0, name: KtString::new("old/below"), fields });
    OK
}

static FIND: KtFind = KtFind { size: 24, reserved: 0, around: Some(around), below: Some(below) };

unsafe extern "C" fn extension(id: KtString) -> *const c_void {
    if id.bytes() == b"kt.find/1" { &FIND as *const KtFind as *const c_void } else { std::ptr::null() }
}

static TABLE: KtPusher = KtPusher {
    size: 120,
    abi_minor: 0,
    id: KtString::new("frozen"),
    version: KtString::new("1.0.0"),
    summary: KtString::new("A plugin of ABI version 1.0, in Rust"),
    manifest: KtString::new(include_str!(env!("MANIFEST"))),
    open,
    close,
    check,
    push,
    inspect: Some(inspect),
    extension: Some(extension),
};

#[no_mangle]
pub extern "C" fn kt_pusher_entry_v1(_host: *const KtHost) -> *const KtPusher {
    &TABLE
}
