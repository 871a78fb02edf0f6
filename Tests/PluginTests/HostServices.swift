import CKeyturnPusher

// The host's side of the ABI: C functions, which find the session through the call's context.

/// The host's time in every test.
let hostTime: Int64 = 1_795_341_600_000  // 2026-11-22T10:00:00Z

let sendRequest:
    @convention(c) (UnsafePointer<kt_call>?, UnsafePointer<kt_http_request>?) -> UnsafePointer<kt_http_response>? = {
        session(of: $0).answer($1!.pointee)
    }

let sendToAWS:
    @convention(c) (UnsafePointer<kt_call>?, UnsafePointer<kt_aws_request>?) -> UnsafePointer<kt_http_response>? = {
        session(of: $0).answer($1!.pointee)
    }

let writeLog: @convention(c) (UnsafePointer<kt_call>?, Int32, kt_string) -> Void = { call, _, line in
    session(of: call).logs.append(text(line))
}

let takeReport: @convention(c) (UnsafePointer<kt_call>?, UnsafePointer<kt_report>?) -> Void = { call, report in
    session(of: call).report = Report(report!.pointee)
}

let isCancelled: @convention(c) (UnsafePointer<kt_call>?) -> Int32 = {
    let session = session(of: $0)
    return session.cancelledAfter.map { session.requests.count >= $0 } ?? false ? 1 : 0
}

let remainingTime: @convention(c) (UnsafePointer<kt_call>?) -> Int64 = { session(of: $0).remaining }

let findService: @convention(c) (UnsafePointer<kt_host>?, kt_string) -> UnsafeRawPointer? = { host, id in
    let session = Unmanaged<HostSession>.fromOpaque(host!.pointee.context).takeUnretainedValue()
    let name = text(id)
    return session.services[name]
}

func session(of call: UnsafePointer<kt_call>?) -> HostSession {
    Unmanaged<HostSession>.fromOpaque(call!.pointee.context).takeUnretainedValue()
}

func text(_ string: kt_string) -> String {
    guard let data = string.data else { return "" }
    return String(decoding: UnsafeRawBufferPointer(start: data, count: Int(string.length)), as: UTF8.self)
}

func text(_ bytes: kt_bytes) -> String {
    String(decoding: UnsafeBufferPointer(start: bytes.data, count: Int(bytes.length)), as: UTF8.self)
}

/// What the plugin reported about a call.
struct Report: Sendable {
    let evidence: kt_evidence
    let retryAfter: Int64
    let message: String
    let keyID: String
    let changedAt: String

    init(_ report: kt_report) {
        evidence = report.evidence
        retryAfter = report.retry_after_ms
        message = text(report.message)
        keyID = text(report.key_id)
        changedAt = text(report.changed_at)
    }
}
