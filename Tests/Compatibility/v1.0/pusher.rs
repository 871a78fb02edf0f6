//! A plugin of ABI version 1.0, whose structs were written down in Rust then: `abi.rs` beside this file.
#![allow(clippy::missing_safety_doc)]

mod abi;

use abi::*;
use std::os::raw::c_void;

struct Instance {
    http: *const KtHttp,
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

fn tell(call: *const KtCall, evidence: i32, message: &'static str) {
    let report = KtReport {
        size: 64,
        evidence,
        retry_after_ms: -1,
        message: KtString::new(message),
        key_id: KtString::new(""),
        changed_at: KtString::new(""),
    };
    if let Some(function) = unsafe { (*call).report } {
        unsafe { function(call, &report) };
    }
}

unsafe extern "C" fn open(
    host: *const KtHost, call: *const KtCall, configuration: KtString, instance: *mut *mut c_void,
) -> KtOutcome {
    let http = (*host).service.map_or(std::ptr::null(), |find| find(host, KtString::new("kt.http/1")));
    let (token, endpoint) = match (field(configuration, "token"), field(configuration, "endpoint")) {
        (Some(token), Some(endpoint)) if !http.is_null() => (token, endpoint),
        _ => {
            tell(call, EVIDENCE_NONE, "v1.0: a service or a field is missing");
            return INVALID_CONFIG;
        }
    };
    *instance = Box::into_raw(Box::new(Instance { http: http as *const KtHttp, token, endpoint })) as *mut c_void;
    OK
}

unsafe extern "C" fn close(instance: *mut c_void) {
    drop(Box::from_raw(instance as *mut Instance));
}

unsafe extern "C" fn check(_instance: *mut c_void, call: *const KtCall, _target: *const KtTarget) -> KtOutcome {
    tell(call, EVIDENCE_NONE, "v1.0: it would work");
    OK
}

unsafe extern "C" fn push(
    instance: *mut c_void, call: *const KtCall, target: *const KtTarget, pair: *const KtKeyPair,
) -> KtOutcome {
    let instance = &*(instance as *const Instance);
    let place = match field((*target).fields, "place") {
        Some(place) => place,
        None => return INVALID_CONFIG,
    };
    let url = format!("{}/{}", instance.endpoint, place);
    let mut body = (*pair).access_key_id.bytes().to_vec();
    body.push(b':');
    body.extend_from_slice((*pair).secret_access_key.bytes());
    let headers = [KtHeader {
        name: KtString::new("authorization"),
        value: KtString::lend(instance.token.as_bytes()),
    }];
    let request = KtHttpRequest {
        size: 72,
        timeout_ms: 5000,
        method: KtString::new("PUT"),
        url: KtString::lend(url.as_bytes()),
        headers: headers.as_ptr(),
        header_count: 1,
        body: KtString::lend(&body),
    };
    let response = &*((*instance.http).send)(call, &request);
    if response.error != HTTP_OK || response.status != 200 {
        tell(call, EVIDENCE_NONE, "v1.0: not written");
        return RETRYABLE;
    }
    tell(call, EVIDENCE_READ_BACK, "v1.0: written");
    OK
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
    inspect: None,
    extension: None,
};

#[no_mangle]
pub extern "C" fn kt_pusher_entry_v1(_host: *const KtHost) -> *const KtPusher {
    &TABLE
}
