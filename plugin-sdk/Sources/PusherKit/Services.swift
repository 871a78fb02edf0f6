import CKeyturnPusher
import CPusherKit

/// The host's services, looked up once. They are valid as long as the library is loaded.
struct Services: Sendable {
    typealias Send =
        @convention(c) (UnsafePointer<kt_call>?, UnsafePointer<kt_http_request>?) -> UnsafePointer<kt_http_response>?
    typealias SendToAWS =
        @convention(c) (UnsafePointer<kt_call>?, UnsafePointer<kt_aws_request>?) -> UnsafePointer<kt_http_response>?
    typealias Write = @convention(c) (UnsafePointer<kt_call>?, Int32, kt_string) -> Void
    typealias Now = @convention(c) () -> Int64
    typealias Remaining = @convention(c) (UnsafePointer<kt_call>?) -> Int64
    typealias Cancelled = @convention(c) (UnsafePointer<kt_call>?) -> Int32
    typealias Sleep = @convention(c) (UnsafePointer<kt_call>?, Int64) -> Int32

    let send: Send?
    let sendToAWS: SendToAWS?
    let write: Write?
    let now: Now?
    let remaining: Remaining?
    let cancelled: Cancelled?
    let sleep: Sleep?

    init(_ host: UnsafePointer<kt_host>?) {
        let http = find(KT_SERVICE_HTTP_1, of: host, as: kt_http.self)
        let aws = find(KT_SERVICE_AWS_1, of: host, as: kt_aws.self)
        let log = find(KT_SERVICE_LOG_1, of: host, as: kt_log.self)
        let clock = find(KT_SERVICE_CLOCK_1, of: host, as: kt_clock.self)
        send = kt_http_send(http)?.pointee ?? nil
        sendToAWS = kt_aws_send(aws)?.pointee ?? nil
        write = kt_log_write(log)?.pointee ?? nil
        now = kt_clock_now_ms(clock)?.pointee ?? nil
        remaining = kt_clock_remaining_ms(clock)?.pointee ?? nil
        cancelled = kt_clock_cancelled(clock)?.pointee ?? nil
        sleep = kt_clock_sleep_ms(clock)?.pointee ?? nil
    }
}

private func find<Service>(
    _ id: String, of host: UnsafePointer<kt_host>?, as type: Service.Type
) -> UnsafePointer<Service>? {
    guard let service = kt_host_service(host)?.pointee ?? nil else { return nil }
    let bytes = SecretBytes(id)
    return withExtendedLifetime(bytes) {
        service(host, bytes.borrowedString)?.assumingMemoryBound(to: Service.self)
    }
}
