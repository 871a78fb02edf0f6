internal import CKeyturnPusher
internal import FoundationEssentials
internal import JSON

/// What a pusher says of how a push was confirmed, against the answers that it was given.
enum EvidenceChecks {
    static let all = [
        ConformanceCheck(
            "evidence", "The evidence of a push is borne out by the answers of that call: keyturn counts no other."
        ) {
            bench throws(Stop) in
            guard bench.subject.asksServices else { return }
            let world = try bench.healthyWorld()
            let instance = try bench.open()
            for (number, target) in bench.subject.targets.enumerated() {
                for pair in [KeyPair(11), KeyPair(2_222)] {
                    let what = "push to targets[\(number)]"
                    let ending = try bench.mustPush(instance, pair, to: Target(target), world, what)
                    guard let evidence = ending.report?.evidence, ending.outcome == KT_OK else { continue }
                    if let missing = missing(evidence, ending.requests, keyID: pair.id) {
                        bench.warn(
                            "\(what) reported \(name(evidence)), and \(missing): keyturn counts it as acknowledged")
                    }
                }
            }
            instance.close()
        }
    ]

    /// What the answers do not show; nil: they show it.
    private static func missing(_ evidence: kt_evidence, _ requests: [Request], keyID: String) -> String? {
        let first = requests.firstIndex { $0.isWrite && $0.answer.isYes } ?? requests.count
        let (before, since) = (requests[..<first], requests[first...].filter { $0.answer.isYes })
        switch evidence {
        case KT_EVIDENCE_READ_BACK:
            return requests.contains { $0.answer.isYes && holds(keyID, $0.answer.body) }
                ? nil : "no answer holds the key ID"
        case KT_EVIDENCE_TIMESTAMP, KT_EVIDENCE_VERSION:
            return since.contains { !$0.answer.body.isEmpty } ? nil : "no answer since the write shows anything"
        case KT_EVIDENCE_LAST_FOUR:
            let end = String(keyID.suffix(4))
            guard since.contains(where: { String(decoding: $0.answer.body, as: UTF8.self).contains(end) }) else {
                return "no answer since the write holds the end of the key ID"
            }
            let looks = before.filter { !$0.isWrite && ($0.answer.isYes || $0.answer.status == 404) }
            guard !looks.isEmpty else { return "it did not look before the write" }
            return looks.contains { String(decoding: $0.answer.body, as: UTF8.self).contains(end) }
                ? "the end of the key ID was there before" : nil
        default: return nil
        }
    }

    /// The key ID as it is, escaped in JSON, or in base64 at any offset.
    private static func holds(_ keyID: String, _ body: [UInt8]) -> Bool {
        let text = String(decoding: body, as: UTF8.self)
        if text.contains(keyID) || JSONValue(parsing: body)?.text.contains(keyID) == true { return true }
        return (0..<3).contains { lead in
            let padded = Data(Array(repeating: UInt8(ascii: "x"), count: lead) + Array(keyID.utf8))
            let middle = padded.base64EncodedString().dropFirst([0, 2, 3][lead]).filter { $0 != "=" }.dropLast(2)
            return text.contains(middle)
        }
    }

    private static func name(_ evidence: kt_evidence) -> String {
        switch evidence {
        case KT_EVIDENCE_READ_BACK: "KT_EVIDENCE_READ_BACK"
        case KT_EVIDENCE_TIMESTAMP: "KT_EVIDENCE_TIMESTAMP"
        case KT_EVIDENCE_VERSION: "KT_EVIDENCE_VERSION"
        case KT_EVIDENCE_LAST_FOUR: "KT_EVIDENCE_LAST_FOUR"
        default: "the evidence \(evidence)"
        }
    }
}
