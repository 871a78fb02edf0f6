import CKeyturnPusher

/// How a call ended, as the ABI tells it.
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
        keyID = inspection.keyID ?? ""
        changedAt = inspection.changedAt ?? ""
    }

    /// Reports to the host, without secrets, and gives the number to return.
    func report(to call: UnsafePointer<kt_call>, _ redaction: Redaction) -> kt_outcome {
        guard let report = read(call, \.report) ?? nil else { return code }
        let texts = [message, keyID, changedAt].map { SecretBytes(redaction.clean($0)) }
        withExtendedLifetime(texts) {
            var raw = kt_report()
            raw.size = size(of: kt_report.self)
            raw.evidence = evidence
            raw.retry_after_ms = retryAfter.map { $0.components.seconds * 1_000 } ?? -1
            raw.message = texts[0].borrowedString
            raw.key_id = texts[1].borrowedString
            raw.changed_at = texts[2].borrowedString
            report(call, &raw)
        }
        return code
    }
}

extension PushFailure.Reason {
    fileprivate var code: kt_outcome {
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
        }
    }
}
