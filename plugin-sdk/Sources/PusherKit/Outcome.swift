import CKeyturnPusher
import CPusherKit

/// How a call ended, as the ABI reports it.
struct Outcome {
    var code = KT_OK
    var evidence = KT_EVIDENCE_NONE
    var retryAfter: Duration?
    var message = ""
    var keyID = ""
    var changedAt = ""

    init(message: String) {
        self.message = message
    }

    init(_ failure: PushFailure) {
        code = failure.reason.code
        message = failure.message
        if case .rateLimited(let after) = failure.reason { retryAfter = after }
    }

    init(_ confirmation: Confirmation) {
        code = confirmation.isUnchanged ? KT_UNCHANGED : KT_OK
        evidence = confirmation.evidence.code
        message = confirmation.message
        changedAt = confirmation.changedAt ?? ""
    }

    init(_ inspection: Inspection) {
        message = inspection.message
        keyID = inspection.keyID ?? inspection.keyIDEnd.map { "*\($0)" } ?? ""
        changedAt = inspection.changedAt ?? ""
    }

    /// Reports to the host, without secrets, and gives the number to return.
    func report(to call: UnsafePointer<kt_call>, _ redaction: Redaction) -> kt_outcome {
        guard let report = kt_call_report(call)?.pointee ?? nil else { return code }
        let texts = [message, keyID, changedAt].map { SecretBytes(redaction.clean($0)) }
        withExtendedLifetime(texts) {
            var raw = kt_report()
            raw.size = size(of: kt_report.self)
            raw.evidence = evidence
            raw.retry_after_ms = retryAfter.map(milliseconds) ?? 0
            raw.message = texts[0].borrowedString
            raw.key_id = texts[1].borrowedString
            raw.changed_at = texts[2].borrowedString
            report(call, &raw)
        }
        return code
    }
}

/// At least one where there is any time at all.
private func milliseconds(_ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    guard duration > .zero else { return 0 }
    return max(1, min(seconds, 86_400) * 1_000 + attoseconds / 1_000_000_000_000_000)
}

extension PushFailure.Reason {
    var code: kt_outcome {
        switch self {
        case .retryable: KT_RETRYABLE
        case .rateLimited: KT_RATE_LIMITED
        case .unauthorized: KT_UNAUTHORIZED
        case .notFound: KT_NOT_FOUND
        case .conflict: KT_CONFLICT
        case .invalidConfiguration: KT_INVALID_CONFIG
        case .cancelled: KT_CANCELLED
        case .timedOut: KT_TIMED_OUT
        case .unsupported: KT_UNSUPPORTED
        case .internal: KT_INTERNAL
        }
    }
}

extension Evidence {
    fileprivate var code: kt_evidence {
        switch self {
        case .readBack: KT_EVIDENCE_READ_BACK
        case .timestamp: KT_EVIDENCE_TIMESTAMP
        case .acknowledged: KT_EVIDENCE_ACKNOWLEDGED
        case .lastFour: KT_EVIDENCE_LAST_FOUR
        case .version: KT_EVIDENCE_VERSION
        }
    }
}
