/// A message: the fields of one frame's payload.
public protocol Message: Sendable {
    /// Reads the fields.
    init(payload: [UInt8]) throws(ProtocolError)
    /// The fields.
    var payload: [UInt8] { get }
}

/// Runner to host, first of all: what the library says of itself.
public struct Loaded: Message {
    public var id: String
    public var version: String
    public var summary: String
    public var manifest: String
    public var abiMinor: Int
    public var canInspect: Bool

    /// What the library says of itself.
    public init(id: String, version: String, summary: String, manifest: String, abiMinor: Int, canInspect: Bool) {
        self.id = id
        self.version = version
        self.summary = summary
        self.manifest = manifest
        self.abiMinor = abiMinor
        self.canInspect = canInspect
    }

    public init(payload: [UInt8]) throws(ProtocolError) {
        var reader = FieldReader(payload)
        id = try reader.text()
        version = try reader.text()
        summary = try reader.text()
        manifest = try reader.text()
        abiMinor = Int(try reader.number())
        canInspect = try reader.flag()
        try reader.end()
    }

    public var payload: [UInt8] {
        var writer = FieldWriter()
        writer.write(id)
        writer.write(version)
        writer.write(summary)
        writer.write(manifest)
        writer.write(Int64(abiMinor))
        writer.write(canInspect)
        return writer.bytes
    }
}

/// Runner to host, instead of ``Loaded``: why the library cannot be used. The runner ends after it.
public struct Refused: Message {
    public var reason: String

    /// Why the library cannot be used.
    public init(reason: String) { self.reason = reason }

    public init(payload: [UInt8]) throws(ProtocolError) {
        var reader = FieldReader(payload)
        reason = try reader.text()
        try reader.end()
    }

    public var payload: [UInt8] {
        var writer = FieldWriter()
        writer.write(reason)
        return writer.bytes
    }
}

/// Host to runner, `check`, `push` and `inspect`: one call. Before a push comes the secret access key as a secret.
public struct Operation: Message {
    public var target: String
    public var fields: String
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

    public init(payload: [UInt8]) throws(ProtocolError) {
        var reader = FieldReader(payload)
        target = try reader.text()
        fields = try reader.text()
        accessKeyID = try reader.text()
        timeLimit = try reader.number()
        try reader.end()
    }

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
    public var code: Int32
    public var evidence: Int32 = 0
    public var retryAfter: Int64 = -1
    public var message = ""
    public var keyID = ""
    public var changedAt = ""

    /// An outcome without a report.
    public init(code: Int32) { self.code = code }

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

/// Runner to host: please send this. Before it come two secrets: the header lines, and the body.
public struct WireRequest: Message {
    public var number: Int64
    public var method: String
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

    public init(payload: [UInt8]) throws(ProtocolError) {
        var reader = FieldReader(payload)
        number = try reader.number()
        method = try reader.text()
        url = try reader.text()
        timeLimit = try reader.number()
        try reader.end()
    }

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
    public var number: Int64
    /// `kt_http_error`.
    public var error: Int32
    public var errorText: String
    public var status: Int
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
    public var level: Int32
    public var text: String

    /// A line for the log.
    public init(level: Int32, text: String) {
        self.level = level
        self.text = text
    }

    public init(payload: [UInt8]) throws(ProtocolError) {
        var reader = FieldReader(payload)
        level = Int32(truncatingIfNeeded: try reader.number())
        text = try reader.text()
        try reader.end()
    }

    public var payload: [UInt8] {
        var writer = FieldWriter()
        writer.write(Int64(level))
        writer.write(text)
        return writer.bytes
    }
}
