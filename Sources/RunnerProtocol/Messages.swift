/// A message: the fields of one frame's payload.
public protocol Message: Sendable {
    /// Reads the fields.
    init(payload: [UInt8]) throws(ProtocolError)
    /// The fields.
    var payload: [UInt8] { get }
}

/// Host to runner, first of all: what the runner's process may do, decided before it opens the library.
public struct Confine: Message {
    /// The library's path, for people; the library itself is an open descriptor.
    public var library: String
    /// Files and directories that it may read.
    public var readable: [String]
    /// Files and directories that it may write.
    public var writable: [String]
    /// Whether it may have sockets of its own.
    public var network: Bool
    /// Whether it may start programs.
    public var programs: Bool
    /// Parts of the enclosure that the operator does without where the kernel lacks them.
    public var accepted: [String]

    /// What the runner's process may do.
    public init(
        library: String, readable: [String], writable: [String], network: Bool, programs: Bool, accepted: [String]
    ) {
        self.library = library
        self.readable = readable
        self.writable = writable
        self.network = network
        self.programs = programs
        self.accepted = accepted
    }

    /// Reads the fields.
    public init(payload: [UInt8]) throws(ProtocolError) {
        var reader = FieldReader(payload)
        library = try reader.text()
        readable = try reader.texts()
        writable = try reader.texts()
        network = try reader.flag()
        programs = try reader.flag()
        accepted = try reader.texts()
        try reader.end()
    }

    /// The fields.
    public var payload: [UInt8] {
        var writer = FieldWriter()
        writer.write(library)
        writer.write(readable)
        writer.write(writable)
        writer.write(network)
        writer.write(programs)
        writer.write(accepted)
        return writer.bytes
    }
}

/// Runner to host, before it opens the library: the parts of the enclosure that are in force, by their names. What comes after
/// it may be the library's own word.
public struct Confined: Message {
    /// The names of the parts.
    public var parts: [String]

    /// The parts that are in force.
    public init(parts: [String]) { self.parts = parts }

    /// Reads the fields.
    public init(payload: [UInt8]) throws(ProtocolError) {
        var reader = FieldReader(payload)
        parts = try reader.texts()
        try reader.end()
    }

    /// The fields.
    public var payload: [UInt8] {
        var writer = FieldWriter()
        writer.write(parts)
        return writer.bytes
    }
}

/// Runner to host: what the library says of itself.
public struct Loaded: Message {
    /// The plugin's ID.
    public var id: String
    /// The text of its manifest.
    public var manifest: String

    /// What the library says of itself.
    public init(id: String, manifest: String) {
        self.id = id
        self.manifest = manifest
    }

    /// Reads the fields.
    public init(payload: [UInt8]) throws(ProtocolError) {
        var reader = FieldReader(payload)
        id = try reader.text()
        manifest = try reader.text()
        try reader.end()
    }

    /// The fields.
    public var payload: [UInt8] {
        var writer = FieldWriter()
        writer.write(id)
        writer.write(manifest)
        return writer.bytes
    }
}

/// Runner to host, instead of ``Loaded``: why the library cannot be used. The runner ends after it.
public struct Refused: Message {
    /// One sentence for people.
    public var reason: String

    /// Why the library cannot be used.
    public init(reason: String) { self.reason = reason }

    /// Reads the fields.
    public init(payload: [UInt8]) throws(ProtocolError) {
        var reader = FieldReader(payload)
        reason = try reader.text()
        try reader.end()
    }

    /// The fields.
    public var payload: [UInt8] {
        var writer = FieldWriter()
        writer.write(reason)
        return writer.bytes
    }
}

/// Host to runner, `check`, `push`, `inspect`, `find` and `below`: one call. Before a push comes the secret access key as a secret.
public struct Operation: Message {
    /// The target's name, or the scope's.
    public var target: String
    /// The target's fields as JSON, or the scope's.
    public var fields: String
    /// The key ID of a push; empty otherwise.
    public var accessKeyID: String
    /// How long the call may take, in milliseconds.
    public var timeLimit: Int64

    /// One call.
    public init(target: String, fields: String, accessKeyID: String, timeLimit: Int64) {
        self.target = target
        self.fields = fields
        self.accessKeyID = accessKeyID
        self.timeLimit = timeLimit
    }

    /// Reads the fields.
    public init(payload: [UInt8]) throws(ProtocolError) {
        var reader = FieldReader(payload)
        target = try reader.text()
        fields = try reader.text()
        accessKeyID = try reader.text()
        timeLimit = try reader.number()
        try reader.end()
    }

    /// The fields.
    public var payload: [UInt8] {
        var writer = FieldWriter()
        writer.write(target)
        writer.write(fields)
        writer.write(accessKeyID)
        writer.write(timeLimit)
        return writer.bytes
    }
}

/// Runner to host: how a call ended, in the numbers of the ABI.
public struct Outcome: Message {
    /// `kt_outcome`.
    public var code: Int32
    /// `kt_evidence`.
    public var evidence: Int32 = 0
    /// In milliseconds; 0 or less: the service gave no time.
    public var retryAfter: Int64 = 0
    /// One line for the operator.
    public var message = ""
    /// The key ID that `inspect` read.
    public var keyID = ""
    /// When the target was last written, RFC 3339.
    public var changedAt = ""

    /// An outcome without a report.
    public init(code: Int32) { self.code = code }

    /// Reads the fields.
    public init(payload: [UInt8]) throws(ProtocolError) {
        var reader = FieldReader(payload)
        code = Int32(truncatingIfNeeded: try reader.number())
        evidence = Int32(truncatingIfNeeded: try reader.number())
        retryAfter = try reader.number()
        message = try reader.text()
        keyID = try reader.text()
        changedAt = try reader.text()
        try reader.end()
    }

    /// The fields.
    public var payload: [UInt8] {
        var writer = FieldWriter()
        writer.write(Int64(code))
        writer.write(Int64(evidence))
        writer.write(retryAfter)
        writer.write(message)
        writer.write(keyID)
        writer.write(changedAt)
        return writer.bytes
    }
}

/// Runner to host: please send this. Before it come two secrets: the ``HeaderFields``, and the body.
public struct WireRequest: Message {
    /// Counts the requests of one call, from 1.
    public var number: Int64
    /// The HTTP method.
    public var method: String
    /// The absolute URL.
    public var url: String
    /// In milliseconds; 0: the host's limit.
    public var timeLimit: Int64

    /// A request to send.
    public init(number: Int64, method: String, url: String, timeLimit: Int64) {
        self.number = number
        self.method = method
        self.url = url
        self.timeLimit = timeLimit
    }

    /// Reads the fields.
    public init(payload: [UInt8]) throws(ProtocolError) {
        var reader = FieldReader(payload)
        number = try reader.number()
        method = try reader.text()
        url = try reader.text()
        timeLimit = try reader.number()
        try reader.end()
    }

    /// The fields.
    public var payload: [UInt8] {
        var writer = FieldWriter()
        writer.write(number)
        writer.write(method)
        writer.write(url)
        writer.write(timeLimit)
        return writer.bytes
    }
}

/// Host to runner: the answer to a ``WireRequest``. Before it comes the body as a secret.
public struct WireResponse: Message {
    /// Counts the requests of one call, from 1.
    public var number: Int64
    /// `kt_http_error`.
    public var error: Int32
    /// Why there is no response.
    public var errorText: String
    /// The HTTP status; 0: there is no response.
    public var status: Int
    /// Header fields, names in lower case.
    public var headers: [(name: String, value: String)]

    /// An answer.
    public init(
        number: Int64, error: Int32, errorText: String = "", status: Int = 0,
        headers: [(name: String, value: String)] = []
    ) {
        self.number = number
        self.error = error
        self.errorText = errorText
        self.status = status
        self.headers = headers
    }

    /// Reads the fields.
    public init(payload: [UInt8]) throws(ProtocolError) {
        var reader = FieldReader(payload)
        number = try reader.number()
        error = Int32(truncatingIfNeeded: try reader.number())
        errorText = try reader.text()
        status = Int(try reader.number())
        headers = []
        let count = try reader.number()
        guard (0...256).contains(count) else { throw ProtocolError("a response with \(count) header fields") }
        for _ in 0..<count { headers.append((try reader.text(), try reader.text())) }
        try reader.end()
    }

    /// The fields.
    public var payload: [UInt8] {
        var writer = FieldWriter()
        writer.write(number)
        writer.write(Int64(error))
        writer.write(errorText)
        writer.write(Int64(status))
        writer.write(Int64(headers.count))
        for (name, value) in headers {
            writer.write(name)
            writer.write(value)
        }
        return writer.bytes
    }
}

/// Runner to host: a line for the log.
public struct LogLine: Message {
    /// The levels of `kt.log/1`.
    public var level: Int32
    /// The line.
    public var text: String
    /// Whether it says what the kernel refused. The runner says it; code of a plugin in the same process can say it, too.
    public var isRefusal: Bool

    /// A line for the log.
    public init(level: Int32, text: String, isRefusal: Bool = false) {
        (self.level, self.text, self.isRefusal) = (level, text, isRefusal)
    }

    /// Reads the fields.
    public init(payload: [UInt8]) throws(ProtocolError) {
        var reader = FieldReader(payload)
        level = Int32(truncatingIfNeeded: try reader.number())
        text = try reader.text()
        isRefusal = try reader.number() != 0
        try reader.end()
    }

    /// The fields.
    public var payload: [UInt8] {
        var writer = FieldWriter()
        writer.write(Int64(level))
        writer.write(text)
        writer.write(isRefusal ? 1 : 0)
        return writer.bytes
    }
}
