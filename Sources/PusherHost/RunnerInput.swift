internal import RunnerProtocol
internal import Secrets

/// What a runner sends, judged: bytes become messages, or the reason why the runner is not listened to any more.
///
/// A runner is the plugin's process, so nothing in it is taken on trust but what it says before it opens the library. The order
/// of messages, their sizes and what they belong to are checked here; what they ask for is checked where it is done.
struct RunnerInput: ~Copyable {
    /// What a runner said.
    enum Message {
        /// The parts of the enclosure that are in force, in fixed words.
        case confined([String])
        case loaded(Loaded)
        case refused(Refused)
        /// How the opening ended.
        case opened(Outcome)
        case outcome(call: UInt32, Outcome)
        /// - Parameter fields: ``HeaderFields``.
        case request(call: UInt32, WireRequest, fields: [UInt8], body: [UInt8])
        case awsRequest(call: UInt32, WireAWSRequest, body: [UInt8])
        case log(call: UInt32, LogLine)
        /// A place that a `find` or `below` call found, a scope below, a part that was not seen.
        case place(call: UInt32, WirePlace)
        case scope(call: UInt32, WireScope)
        case gap(call: UInt32, WireGap)
    }

    /// How far the runner has come.
    private enum Stage { case starting, confined, loaded, opened }

    private var stage = Stage.starting
    private var reader = FrameReader(limit: Frame.limitFromRunner)
    /// Secrets of the message that must come next.
    private var secrets: (call: UInt32, payloads: [[UInt8]])?

    /// Bytes that are not read yet.
    var pending: Int { reader.pending }

    deinit { secrets?.payloads.forEach(Self.wipe) }

    mutating func append(_ bytes: UnsafeRawBufferPointer) { reader.append(bytes) }

    /// The next message; nil: more bytes are needed.
    ///
    /// - Parameter isLive: whether a call of that number is in progress.
    mutating func next(isLive: (UInt32) -> Bool) throws(ProtocolError) -> Message? {
        while let frame = try reader.next() {
            if frame.kind == .secret { try keep(frame, isLive) } else { return try message(frame, isLive) }
        }
        return nil
    }

    /// A secret comes just before its message, so there are never more than one message's.
    private mutating func keep(_ frame: Frame, _ isLive: (UInt32) -> Bool) throws(ProtocolError) {
        guard isLive(frame.call) else {
            Self.wipe(frame.payload)
            throw ProtocolError("a secret for a call that is not in progress")
        }
        var kept = secrets?.payloads ?? []
        guard secrets.map({ $0.call == frame.call }) ?? true, kept.count < 2 else {
            throw ProtocolError("a secret without its message")
        }
        kept.append(frame.payload)
        secrets = (frame.call, kept)
    }

    private mutating func message(_ frame: Frame, _ isLive: (UInt32) -> Bool) throws(ProtocolError) -> Message {
        if frame.kind == .httpRequest {
            let secrets = try take(2, of: frame, isLive)
            return .request(
                call: frame.call, try WireRequest(payload: frame.payload), fields: secrets[0], body: secrets[1])
        }
        if frame.kind == .awsRequest {
            let secrets = try take(1, of: frame, isLive)
            return .awsRequest(call: frame.call, try WireAWSRequest(payload: frame.payload), body: secrets[0])
        }
        guard secrets == nil else { throw ProtocolError("a secret without its message") }
        switch frame.kind {
        case .confined:
            try advance(from: .starting, to: .confined)
            return .confined(try Self.words(try Confined(payload: frame.payload)))
        case .loaded:
            try advance(from: .confined, to: .loaded)
            return .loaded(try Loaded(payload: frame.payload))
        case .refused:
            guard stage == .starting || stage == .confined else { throw ProtocolError("a refusal after its start") }
            return .refused(try Refused(payload: frame.payload))
        case .outcome where frame.call == 0:
            try advance(from: .loaded, to: .opened)
            return .opened(try Outcome(payload: frame.payload))
        case .outcome:
            guard isLive(frame.call) else { throw ProtocolError("an answer to a call that was never made") }
            return .outcome(call: frame.call, try Outcome(payload: frame.payload))
        case .log: return .log(call: frame.call, try LogLine(payload: frame.payload))
        case .place, .scope, .gap:
            guard isLive(frame.call) else { throw ProtocolError("a place of a call that is not in progress") }
            return try found(frame)
        default: throw ProtocolError("a message that only the host sends")
        }
    }

    private func found(_ frame: Frame) throws(ProtocolError) -> Message {
        switch frame.kind {
        case .scope: .scope(call: frame.call, try WireScope(payload: frame.payload))
        case .gap: .gap(call: frame.call, try WireGap(payload: frame.payload))
        default: .place(call: frame.call, try WirePlace(payload: frame.payload))
        }
    }

    /// The secrets that came before a request.
    private mutating func take(
        _ count: Int, of frame: Frame, _ isLive: (UInt32) -> Bool
    ) throws(ProtocolError) -> [[UInt8]] {
        guard isLive(frame.call), let taken = secrets, taken.call == frame.call, taken.payloads.count == count else {
            throw ProtocolError("a request that belongs to no call")
        }
        secrets = nil
        return taken.payloads
    }

    private mutating func advance(from: Stage, to: Stage) throws(ProtocolError) {
        guard stage == from else { throw ProtocolError("a message of its start at another time") }
        stage = to
    }

    /// Only words that the runner itself has.
    private static func words(_ message: Confined) throws(ProtocolError) -> [String] {
        let known =
            ["limits", "no-new-privs", "seccomp", "seccomp (programs granted)"] + (1...99).map { "landlock \($0)" }
        guard message.parts.count <= 8, message.parts.allSatisfy(known.contains) else {
            throw ProtocolError("parts of an enclosure that do not exist")
        }
        return message.parts
    }

    private static func wipe(_ payload: [UInt8]) {
        var payload = payload
        Secret.wipe(&payload)
    }
}
