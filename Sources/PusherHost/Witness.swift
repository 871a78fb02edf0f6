internal import CLinux
internal import HTTP
internal import Rotation
internal import Secrets

/// What the host itself saw of a push, against which the pusher's word is judged: a yes is believed where the service said it.
///
/// This finds faults, not enemies: a plugin could ask the service for an answer that looks right. Its walls are for that.
struct Witness {
    /// What the service said to the call's writing requests, the best of it.
    private enum Write: Int, Comparable {
        case none, taken, confirmed

        static func < (left: Write, right: Write) -> Bool { left.rawValue < right.rawValue }
    }

    /// The key ID as answers may hold it: as it is, and in base64 at each of its three places.
    private let forms: [[UInt8]]
    /// The last four characters of the key ID.
    private let end: [UInt8]
    private var written = Write.none
    private var hasSeenKeyID = false
    /// Whether the service has shown anything since it took the first write.
    private var hasShownAnything = false
    /// Whether it was asked before the first write, and whether the end of the key ID was in its answers then, and since.
    private var endBefore: (isLookedFor: Bool, isSeen: Bool) = (false, false)
    private var isEndSeenAfter = false

    /// - Parameter keyID: of the pair that is pushed; nil: the call is not a push.
    init(keyID: String?) {
        forms = keyID.map(Self.forms) ?? []
        end = Array((keyID ?? "").utf8.suffix(4))
    }

    /// Takes an answer of the service in.
    mutating func take(_ response: HTTPResponse, isWriting: Bool) {
        guard !forms.isEmpty else { return }
        let word = Self.judged(response)
        if isWriting { written = max(written, word) }
        // Nothing is there yet: that is an answer, too.
        if written == .none, !isWriting, response.status == 404 { endBefore.isLookedFor = true }
        // A refusal may well quote what it refuses.
        guard word > .none else { return }
        if !hasSeenKeyID { hasSeenKeyID = response.body.withBytes { holdsKeyID($0) } }
        let isEndSeen = response.body.withBytes { holdsEnd($0) }
        if written > .none {
            hasShownAnything = hasShownAnything || response.body.withBytes { !$0.isEmpty }
            isEndSeenAfter = isEndSeenAfter || isEndSeen
        } else {
            endBefore = (true, endBefore.isSeen || isEndSeen)
        }
    }

    /// Whether the service said yes to a writing request.
    var hasConfirmedWrite: Bool { written > .none }

    /// What of the pusher's report is believed.
    ///
    /// - Parameters:
    ///   - isTrusted: whether it may do more than ask the host for requests, so that its writes are not seen.
    ///   - isOwn: whether what it read by itself is believed, for it is a part of keyturn.
    ///   - hasWrittenBefore: whether the host saw it write this key there earlier.
    func judged(
        _ report: CallReport, isTrusted: Bool, isOwn: Bool = false, hasWrittenBefore: Bool
    ) -> CallReport {
        guard !forms.isEmpty, report.outcome == .ok || report.outcome == .unchanged else { return report }
        var report = report
        if isTrusted {
            if !isOwn { report.evidence = .acknowledged }
            return report
        }
        let isBelieved = report.outcome == .ok ? written > .none : hasWrittenBefore || hasSeenKeyID
        guard isBelieved else { return disbelieved(report) }
        if let evidence = report.evidence, !hasSeen(evidence) { report.evidence = .acknowledged }
        // 202 says that it will be done.
        if report.outcome == .ok, written == .taken { report.evidence = .acknowledged }
        return report
    }

    /// Whether the answers of this call bear out what the pusher concludes from them. What a time or a version means only the
    /// pusher knows; that the service has shown something since the write, the host does.
    private func hasSeen(_ evidence: Evidence) -> Bool {
        switch evidence {
        case .acknowledged: true
        case .readBack: hasSeenKeyID
        case .timestamp, .version: hasShownAnything
        // Four characters are soon there by chance: they must not have been there before.
        case .lastFour: isEndSeenAfter && endBefore.isLookedFor && !endBefore.isSeen
        case .used: false
        }
    }

    private func disbelieved(_ report: CallReport) -> CallReport {
        let words =
            report.outcome == .ok
            ? "the pusher says that the key is written, but the service confirmed no write of it"
            : "the pusher says that the key is there already, but keyturn has not seen it being written there"
        return CallReport(.internal, "\(words); it is not counted as delivered (\(report.message))")
    }

    /// Any 2xx but 203 (a proxy changed the answer) and a web page, which is not a service's interface.
    private static func judged(_ response: HTTPResponse) -> Write {
        guard (200..<300).contains(response.status), response.status != 203 else { return .none }
        let kind = response.headers.first { $0.name == "content-type" }?.value.lowercased() ?? ""
        if kind.hasPrefix("text/html") || kind.hasPrefix("application/xhtml") { return .none }
        return response.status == 202 ? .taken : .confirmed
    }

    private func holdsKeyID(_ body: UnsafeRawBufferPointer) -> Bool {
        if forms.contains(where: { Self.contains(body, $0) }) { return true }
        // JSON may write any letter as \u0041.
        guard Self.contains(body, Array("\\u00".utf8)) else { return false }
        var plain = Self.unescaped(body)
        defer { Secret.wipe(&plain) }
        return plain.withUnsafeBytes { bytes in forms.contains { Self.contains(bytes, $0) } }
    }

    /// The end of the key ID, where a word ends with it: `xxxxMPLE`.
    private func holdsEnd(_ body: UnsafeRawBufferPointer) -> Bool {
        guard end.count == 4, let base = body.baseAddress else { return false }
        var start = 0
        while start + end.count <= body.count, let found = kt_find(base + start, body.count - start, end, end.count) {
            let next = UnsafeRawPointer(found) - base + end.count
            guard next < body.count, Self.isAlphanumeric(body[next]) else { return true }
            start = next
        }
        return false
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }

    private static func contains(_ body: UnsafeRawBufferPointer, _ form: [UInt8]) -> Bool {
        guard let base = body.baseAddress, body.count >= form.count else { return false }
        return form.withUnsafeBytes { kt_find(base, body.count, $0.baseAddress, $0.count) != nil }
    }

    /// The body with `\u00XX` as the characters that they are. Not a parser: the body is of any form.
    private static func unescaped(_ body: UnsafeRawBufferPointer) -> [UInt8] {
        var plain: [UInt8] = []
        plain.reserveCapacity(body.count)
        var index = 0
        while index < body.count {
            if body[index] == 0x5C, index + 6 <= body.count, body[index + 1] == 0x75, body[index + 2] == 0x30,
                body[index + 3] == 0x30, let high = digit(body[index + 4]), let low = digit(body[index + 5])
            {
                plain.append(high << 4 | low)
                index += 6
            } else {
                plain.append(body[index])
                index += 1
            }
        }
        return plain
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    private static func forms(_ keyID: String) -> [[UInt8]] {
        [Array(keyID.utf8)] + Base64Forms.all(of: Array(keyID.utf8))
    }
}
